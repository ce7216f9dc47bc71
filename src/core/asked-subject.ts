import type { CommandName } from './authorize/rules.ts';
import type { Input } from './core.ts';
import type { Subject } from '../model/operation.ts';

/** What a request names, by its noun. */
type Named = readonly [type: Subject['type'], id: unknown];

const account = ({ params }: Input): Named => ['account-access', params['department']];
const grant = ({ params }: Input): Named => ['grant', params['id']];

/** Requests whose parameters do not say by their names what they are about. */
const NAMED: { readonly [Name in CommandName]?: (input: Input) => Named } = {
  createDepartment: ({ body }) => ['department', body['id']],
  createRepository: ({ body }) => ['repository', body['name']],
  // It has no id yet, and is known by whom it is for.
  createGrant: ({ body }) => ['grant', `${String(body['organisation'])}/${String(body['repository'])}`],
  getAccountAccess: account,
  putAccountAccess: account,
  getGrant: grant,
  getGrantWorkflow: grant,
  updateGrant: grant,
  revokeGrant: grant,
};

/**
 * What a request is about, by what it names alone: for a refusal, which must not depend on what is there. `undefined` where it names no
 * thing, such as a list of all departments.
 */
export function askedSubject(name: CommandName, input: Input): Subject | undefined {
  const [type, id] = (NAMED[name] ?? byParameter)(input);
  return typeof id === 'string' && id !== '' ? { type, id } : undefined;
}

function byParameter({ params }: Input): Named {
  if (params['login'] !== undefined) return ['organisation', params['login']];
  return params['name'] === undefined ? ['department', params['department']] : ['repository', params['name']];
}
