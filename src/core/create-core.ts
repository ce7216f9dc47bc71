import { createLines } from './lines.ts';
import { mutate } from './commands/mutate.ts';
import type { CoreParts } from './parts.ts';
import { COMMANDS } from './commands/registry.ts';
import type { Core } from './core.ts';
import { withAccountQuotas } from '../ledger/quotas.ts';
import { ask } from './queries/ask.ts';
import { cursorSeal } from './queries/cursor-seal.ts';
import { QUERIES } from './queries/registry.ts';

/** The core that both APIs drive. */
export function createCore(given: Omit<CoreParts, 'cursors' | 'lines'>): Core {
  const parts: CoreParts = { ...given, lines: createLines(), cursors: cursorSeal(given.tables, given.now) };
  const current = parts.config.usesAccountQuotas ? withCurrentQuotas(parts) : async () => parts;
  return {
    queryNames: new Set(Object.keys(QUERIES)),
    mutationNames: new Set(Object.keys(COMMANDS)),
    query: async (call, asker) => ask(await current(), call, asker),
    mutate: async (call, asker, options) => mutate(await current(), call, asker, options),
  };
}

/** How long the account's quotas are taken as read, in milliseconds. */
const QUOTAS_KEPT = 5 * 60_000;

/** The parts with the account's quotas in their settings, read again from time to time. */
function withCurrentQuotas(parts: CoreParts): () => Promise<CoreParts> {
  let read: { readonly parts: CoreParts; readonly until: number } | undefined;
  return async () => {
    const now = parts.now().getTime();
    if (read !== undefined && now < read.until) return read.parts;
    const aws = await withAccountQuotas(parts.tables, parts.config.aws);
    read = { parts: { ...parts, config: { ...parts.config, aws } }, until: now + QUOTAS_KEPT };
    return read.parts;
  };
}
