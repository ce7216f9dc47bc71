/**
 * What the emulator's IAM judges wrongly, so that a role's document has to be relaxed for it. Nothing else of a document is touched, and
 * what these statements promise is held by test/infra/permissions.test.ts, call by call.
 */
export interface RelaxedStatement {
  /** The inline policy, by its name. */
  readonly policy: string;
  readonly sid: string;
  /** What is done with the statement. */
  readonly how: 'left out' | 'for any resource';
  /** What the emulator does. */
  readonly why: string;
}

const NO_PATH = 'it judges every call on a role by the ARN without the path: role/NAME for role/PATH/NAME';

const NO_NAMES = 'it judges calls that name repositories in a list, or one by its ARN, by the resource *';

export const RELAXED_STATEMENTS: readonly RelaxedStatement[] = [
  { policy: 'executor', sid: 'EcpMakeRoles', how: 'for any resource', why: NO_PATH },
  { policy: 'executor', sid: 'EcpChangeRoles', how: 'for any resource', why: NO_PATH },
  { policy: 'executor', sid: 'EcpOnlyPushRoles', how: 'left out', why: NO_PATH },
  {
    policy: 'executor',
    sid: 'EcpOnlyWithBoundary',
    how: 'left out',
    why: 'it gives no iam:PermissionsBoundary to the evaluation, so that the denial is always met',
  },
  {
    policy: 'executor',
    sid: 'EcpOnlyWhatWeManage',
    how: 'left out',
    why: 'it gives the evaluation no tags of repositories, and none of roles that have a path',
  },
  { policy: 'executor', sid: 'EcpSeeRepositories', how: 'for any resource', why: NO_NAMES },
  { policy: 'api', sid: 'EcpLookAtRegistry', how: 'for any resource', why: NO_NAMES },
];

interface Statement {
  readonly Sid?: string;
  readonly [name: string]: unknown;
}

/** A policy's document without what the emulator judges wrongly. @throws Error for a statement that is no longer there */
export function relax(policy: string, document: string): string {
  const rules = RELAXED_STATEMENTS.filter((one) => one.policy === policy);
  const { Statement: statements, ...rest } = JSON.parse(document) as { readonly Statement: readonly Statement[] };
  const missing = rules.find(({ sid }) => statements.every(({ Sid }) => Sid !== sid));
  if (missing !== undefined) throw new Error(`The policy ${policy} has no longer a statement ${missing.sid}.`);
  const relaxed = statements.flatMap((statement) => {
    const rule = rules.find(({ sid }) => sid === statement.Sid);
    return rule === undefined ? [statement] : relaxStatement(statement, rule.how);
  });
  return JSON.stringify({ ...rest, Statement: relaxed });
}

function relaxStatement(statement: Statement, how: RelaxedStatement['how']): readonly Statement[] {
  switch (how) {
    case 'left out':
      return [];
    case 'for any resource':
      return [{ ...statement, Resource: '*' }];
  }
}
