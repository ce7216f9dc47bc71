import { readdirSync, readFileSync } from 'node:fs';
import type { AwsSettings } from '../../src/model/settings.ts';
import type { AccountId } from '../../src/model/ids.ts';
import type { PolicyDocument } from '../../src/policy/document.ts';

/** What the templates in infra/policies are filled with; infra/locals.tf makes the same of the module's variables. */
export type PolicyVariables = Readonly<Record<string, string | readonly string[]>>;

/** The deployment that the documents are rendered for. */
export const DEPLOYMENT = {
  accountId: '354918371398',
  region: 'eu-west-1',
  name: 'ecr-control-plane',
  rolePath: '/ecr-access/',
  serviceRolePath: '/ecr-control-plane/',
  adoptedRole: 'arn:aws:iam::354918371398:role/koa-github-ecr-access',
  breakGlassRole: 'arn:aws:iam::354918371398:role/platform-restore',
  repositoryPrefixes: ['koa/', 'pol/'],
  repositoryKey: 'arn:aws:kms:eu-west-1:354918371398:key/1234abcd-12ab-34cd-56ef-1234567890ab',
} as const;

/** The same deployment as the service's code sees it. */
export const SETTINGS: AwsSettings = {
  accountId: DEPLOYMENT.accountId as AccountId,
  region: DEPLOYMENT.region,
  partition: 'aws',
  rolePath: DEPLOYMENT.rolePath,
  boundaryArn: `arn:aws:iam::${DEPLOYMENT.accountId}:policy${DEPLOYMENT.rolePath}push-role-boundary`,
  oidcProvider: 'token.actions.githubusercontent.com',
  stsAudience: 'sts.amazonaws.com',
  stsKeys: { repositoryId: true, ref: true },
  trustPolicySize: 2048,
};

const VARIABLES: PolicyVariables = {
  partition: 'aws',
  region: DEPLOYMENT.region,
  account_id: DEPLOYMENT.accountId,
  name: DEPLOYMENT.name,
  boundary_arn: SETTINGS.boundaryArn,
  role_path: DEPLOYMENT.rolePath,
  service_role_path: DEPLOYMENT.serviceRolePath,
  push_role_arns: [`arn:aws:iam::${DEPLOYMENT.accountId}:role${DEPLOYMENT.rolePath}*`, DEPLOYMENT.adoptedRole],
  new_repository_arns: DEPLOYMENT.repositoryPrefixes.map(
    (prefix) => `arn:aws:ecr:${DEPLOYMENT.region}:${DEPLOYMENT.accountId}:repository/${prefix}*`,
  ),
  repository_key_arns: [DEPLOYMENT.repositoryKey],
  appender_arns: [
    ...['api', 'executor', 'exporter'].map(
      (part) => `arn:aws:iam::${DEPLOYMENT.accountId}:role${DEPLOYMENT.serviceRolePath}${DEPLOYMENT.name}-${part}`,
    ),
    DEPLOYMENT.breakGlassRole,
  ],
};

const FOLDER = 'infra/policies';
const SUFFIX = '.json.tftpl';

/** The text of all IAM documents of infra/policies, rendered, by the name of their file. */
export function renderDocuments(): Readonly<Record<string, string>> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(SUFFIX));
  return Object.fromEntries(
    files.map((file) => [file.slice(0, -SUFFIX.length), render(readFileSync(`${FOLDER}/${file}`, 'utf8'), VARIABLES)]),
  );
}

/** One IAM document, rendered. */
export function document(name: string): PolicyDocument {
  const text = renderDocuments()[name];
  if (text === undefined) throw new Error(`infra/policies has no ${name}${SUFFIX}.`);
  return JSON.parse(text) as PolicyDocument;
}

/**
 * Renders a template as `templatefile` does, of whose language the documents use this much: `${name}` within a string,
 * `${jsonencode(name)}` for a list, and `$${` for a literal `${`.
 * @throws Error for anything else
 */
function render(template: string, variables: PolicyVariables): string {
  if (template.includes('%{')) throw new Error('Directives are not rendered here.');
  return template.replaceAll(
    /\$\$\{|\$\{(?:(\w+)|jsonencode\((\w+)\))\}|\$\{/g,
    (found, inString?: string, asList?: string) => {
      if (found === '$${') return '${';
      const value = variables[inString ?? asList ?? ''];
      if (asList !== undefined && value !== undefined) return JSON.stringify(value);
      if (typeof value !== 'string')
        throw new Error(`The template has ${found} near ${template.slice(0, 40)}, which has no such value.`);
      return value;
    },
  );
}
