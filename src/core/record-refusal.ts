import { appendToChain } from '../ledger/append.ts';
import {
  countRefusal,
  JOINED_MILLISECONDS,
  keepRefusal,
  tellRefusal,
  type CountedAs,
  type Refusal,
} from '../ledger/refusals.ts';
import type { CoreParts } from './parts.ts';

/** How often appending a refusal is tried when others append to the same chain at the same time. */
const ATTEMPTS = 6;

/**
 * Records a refusal, so that it is not lost whatever happens afterwards. `alone`: as an event of its own. `joined`: the first is an event
 * at once; those that follow within a minute are counted, and the first after that minute, or a sweep, makes one event of all of them.
 * Where others write to the chain all the time, it is counted, and a sweep makes the event.
 */
export async function recordRefusal(
  parts: Pick<CoreParts, 'tables' | 'now' | 'pause' | 'log'>,
  refusal: Refusal,
  as: CountedAs,
): Promise<void> {
  const { tables } = parts;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (await (as === 'joined' ? countOrTell(parts, refusal) : appendToChain(tables, refusal.chain, refusal.record)))
      return;
    await parts.pause(Math.random() * 20 * 2 ** attempt);
  }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (await keepRefusal(tables, refusal, as)) return;
    await parts.pause(Math.random() * 20 * 2 ** attempt);
  }
  parts.log.error({ refusal }, 'A refusal could neither be appended to its chain nor counted');
}

async function countOrTell({ tables, now }: Pick<CoreParts, 'tables' | 'now'>, refusal: Refusal): Promise<boolean> {
  const since = new Date(now().getTime() - JOINED_MILLISECONDS).toISOString();
  return (await countRefusal(tables, refusal, since)) || tellRefusal(tables, refusal, since);
}
