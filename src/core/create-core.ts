import { RULES, type CommandName, type MutationName, type QueryName } from './authorize/rules.ts';
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
  const queryNames = new Set(Object.keys(QUERIES));
  const mutationNames = new Set(Object.keys(COMMANDS));
  const current = parts.config.usesAccountQuotas ? withCurrentQuotas(parts) : async () => parts;
  return {
    queryNames,
    mutationNames,
    query: async (name, asker, input) => ask(await current(), known(name, queryNames) as QueryName, asker, input),
    mutate: async (name, asker, input, options) =>
      mutate(await current(), known(name, mutationNames) as MutationName, asker, input, options),
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

/** The contract was held against these names at boot, so an unknown one is a fault of ours. */
function known(name: string, names: ReadonlySet<string>): CommandName {
  if (names.has(name) && Object.hasOwn(RULES, name)) return name as CommandName;
  throw new Error(`There is no command or query ${name}.`);
}
