import type { Core } from '../core/core.ts';
import type { Contract, ContractOperation } from './route.ts';

/** The public operations, which the REST API answers itself. */
const PUBLIC_OPERATIONS: ReadonlySet<string> = new Set(['healthz', 'getOpenapi', 'getPage']);

/**
 * Stops the process at boot when contract and core do not match: an operation that no command or query stands behind, or
 * one in the core that no contract offers.
 * @throws Error naming each mismatch
 */
export function checkContract(contract: Contract, core: Pick<Core, 'queryNames' | 'mutationNames'>): void {
  const operations = [...contract.operations.values()];
  const problems = [
    ...operations.flatMap((operation) => missing(operation, core)),
    ...unoffered('query', core.queryNames, operations),
    ...unoffered('mutation', core.mutationNames, operations),
  ];
  if (problems.length > 0) throw new Error(`The contract and the core do not match:\n${problems.join('\n')}`);
}

function missing({ id, kind }: ContractOperation, core: Pick<Core, 'queryNames' | 'mutationNames'>): string[] {
  const answered = { public: PUBLIC_OPERATIONS, query: core.queryNames, mutation: core.mutationNames }[kind];
  const lacking = {
    public: 'nothing answers it',
    query: 'there is no query of that name',
    mutation: 'there is no command of that name',
  };
  return answered.has(id) ? [] : [`openapi.yaml has the operation ${id}, but ${lacking[kind]}.`];
}

function unoffered(
  kind: 'query' | 'mutation',
  names: ReadonlySet<string>,
  operations: readonly ContractOperation[],
): string[] {
  const offered = new Set(operations.filter((operation) => operation.kind === kind).map(({ id }) => id));
  return [...names]
    .filter((name) => !offered.has(name))
    .map((name) => `There is a ${kind} ${name}, but openapi.yaml does not have it.`);
}
