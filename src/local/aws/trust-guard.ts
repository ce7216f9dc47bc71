import { listOf } from '../../policy/document.ts';
import type { PolicyDocument, Statement } from '../../policy/document.ts';

const GITHUB = 'token.actions.githubusercontent.com';
const EVALUATING: readonly string[] = ['StringEquals', 'StringLike', 'StringEqualsIgnoreCase'];

/**
 * IAM's guard over trust in GitHub's shared issuer: a statement that allows it must evaluate the token's `sub` or
 * `job_workflow_ref`, and not for all values. As IAM's own, it looks at the first value of a list only and takes
 * `repo:*`: it is no substitute for checking a policy before it is sent.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
 */
export function trustGuardFault(document: PolicyDocument): string | undefined {
  const unguarded = document.Statement.find((statement) => statement.Effect === 'Allow' && !isGuarded(statement));
  return unguarded === undefined
    ? undefined
    : `The trust policy must evaluate ${GITHUB}:sub or ${GITHUB}:job_workflow_ref with a value that is not scoped to all`;
}

function isGuarded(statement: Statement): boolean {
  const { Principal } = statement;
  const providers = Principal === undefined || Principal === '*' ? [] : listOf(Principal.Federated);
  const issuers = providers.flatMap((arn) => /:oidc-provider\/(.+)$/.exec(arn)?.[1] ?? []).filter(isGithub);
  return issuers.every(
    (issuer) => evaluates(statement, `${issuer}:sub`) || evaluates(statement, `${issuer}:job_workflow_ref`),
  );
}

function isGithub(issuer: string): boolean {
  return issuer === GITHUB || issuer.startsWith(`${GITHUB}/`);
}

function evaluates(statement: Statement, wanted: string): boolean {
  return EVALUATING.some((operator) =>
    Object.entries(statement.Condition?.[operator] ?? {}).some(([key, values]) => {
      const first = listOf(values)[0];
      return key.toLowerCase() === wanted.toLowerCase() && first !== undefined && !/^[*?]*$/.test(first);
    }),
  );
}
