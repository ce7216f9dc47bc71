/**
 * What the emulator's IAM judges wrongly, so that a role's document has to be relaxed for it. Nothing else of a document is touched, and
 * what these statements promise is held by test/infra/permissions.test.ts, call by call.
 */
export interface RelaxedStatement {
  /** The inline policy of a role by its name, or the resource type of a policy that a resource has. */
  readonly policy: string;
  readonly sid: string;
  /** What is done with the statement. */
  readonly how: 'left out' | 'for any resource' | 'for any resource, always';
  /** What the emulator does. */
  readonly why: string;
}

const NO_PATH = 'it judges every call on a role by the ARN without the path: role/NAME for role/PATH/NAME';

const NO_NAMES = 'it judges calls that name repositories in a list, or one by its ARN, by the resource *';

const OVER_HTTP = 'it is reached over HTTP on loopback, and says so to the evaluation';

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
  {
    policy: 'exporter',
    sid: 'EcpNeverReplace',
    how: 'left out',
    why: 'it gives no s3:if-none-match to the evaluation, so that the denial is always met',
  },
  {
    policy: 'exporter',
    sid: 'EcpSign',
    how: 'for any resource, always',
    why: 'it judges the alias that is named, not the key behind it, and gives no kms:ResourceAliases to the evaluation',
  },
  {
    policy: 'aws_kms_key',
    sid: 'EcpOnlyTheExporterSigns',
    how: 'left out',
    why: 'its aws:PrincipalArn of a session is the session, and not the role, so that nobody signs',
  },
  { policy: 'aws_s3_bucket_policy', sid: 'EcpTlsOnly', how: 'left out', why: OVER_HTTP },
  { policy: 'aws_sqs_queue_policy', sid: 'EcpTlsOnly', how: 'left out', why: OVER_HTTP },
  { policy: 'aws_sns_topic_policy', sid: 'EcpTlsOnly', how: 'left out', why: OVER_HTTP },
  { policy: 'api', sid: 'EcpLookAtRegistry', how: 'for any resource', why: NO_NAMES },
];

interface Statement {
  readonly Sid?: string;
  readonly [name: string]: unknown;
}

/** A policy's document without what the emulator judges wrongly. */
export function relax(policy: string, document: string): string {
  const rules = RELAXED_STATEMENTS.filter((one) => one.policy === policy);
  const { Statement: statements, ...rest } = JSON.parse(document) as { readonly Statement: readonly Statement[] };
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
    case 'for any resource, always': {
      const { Condition: _condition, ...rest } = statement;
      return [{ ...rest, Resource: '*' }];
    }
  }
}
