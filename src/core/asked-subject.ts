import type { CommandName } from './authorize/rules.ts';
import type { Subject } from '../model/operation.ts';
import type { InputOf } from './input.ts';

type AboutAccount = InputOf<'getAccountAccess' | 'putAccountAccess'>;
type AboutGrant = InputOf<'getGrant' | 'getGrantWorkflow' | 'updateGrant' | 'revokeGrant'>;

const account = ({ params }: AboutAccount): Subject => ({ type: 'account-access', id: params.department });
const grant = ({ params }: AboutGrant): Subject => ({ type: 'grant', id: params.id });

/** Requests whose parameters do not say by their names what they are about. */
const NAMED: { readonly [Name in CommandName]?: (input: InputOf<Name>) => Subject } = {
  createDepartment: ({ body }) => ({ type: 'department', id: body.id }),
  createRepository: ({ body }) => ({ type: 'repository', id: body.name }),
  // It has no id yet, and is known by whom it is for.
  createGrant: ({ body }) => ({ type: 'grant', id: `${body.organisation}/${body.repository}` }),
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
export function askedSubject<Name extends CommandName>(name: Name, input: InputOf<Name>): Subject | undefined {
  const { [name]: named } = NAMED;
  return named === undefined ? byParameter(input) : named(input);
}

function byParameter({ params }: InputOf<CommandName>): Subject | undefined {
  if ('login' in params) return { type: 'organisation', id: params.login };
  if ('name' in params) return { type: 'repository', id: params.name };
  return 'department' in params ? { type: 'department', id: params.department } : undefined;
}
