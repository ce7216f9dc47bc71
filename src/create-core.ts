import { RULES, type CommandName, type MutationName, type QueryName } from './authorize/rules.ts';
import { mutate } from './commands/mutate.ts';
import type { CoreParts } from './commands/parts.ts';
import { COMMANDS } from './commands/registry.ts';
import type { Core } from './core.ts';
import { ask } from './queries/ask.ts';
import { QUERIES } from './queries/registry.ts';

/** The core that both faces drive. */
export function createCore(parts: CoreParts): Core {
  const queryNames = new Set(Object.keys(QUERIES));
  const mutationNames = new Set(Object.keys(COMMANDS));
  return {
    queryNames,
    mutationNames,
    query: (name, asker, input) => ask(parts, known(name, queryNames) as QueryName, asker, input),
    mutate: (name, asker, input, options) =>
      mutate(parts, known(name, mutationNames) as MutationName, asker, input, options),
  };
}

/** The contract was held against these names at boot, so an unknown one is a fault of ours. */
function known(name: string, names: ReadonlySet<string>): CommandName {
  if (names.has(name) && Object.hasOwn(RULES, name)) return name as CommandName;
  throw new Error(`There is no command or query ${name}.`);
}
