import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  PutImageCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import {
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListOpenIDConnectProvidersCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { connectAws, type AwsClients } from '../../src/aws/clients.ts';
import { observeRepository, observeRole } from '../../src/aws/observe.ts';
import type { Config } from '../../src/config/config.ts';
import type { Hook } from '../../src/local/aws/hooks.ts';
import { startEmbeddedAws } from '../../src/local/aws/server.ts';
import { LOCAL_CREDENTIALS } from '../../src/local/embedded.ts';
import type { LocalGitHubIssuer } from '../../src/local/github/issuer.ts';

/** What is judged. */
export interface Judged {
  readonly config: Config;
  /** The account that was deployed to, with the rights of its administrator. */
  readonly deployed: AwsClients;
  readonly issuer: LocalGitHubIssuer;
  readonly organisationId: string;
}

/** An STS and an ECR that say who may push and pull. */
export interface Judge {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

/**
 * Starts an STS and an ECR that judge those who push and pull by what is deployed. The emulator cannot: its STS knows of GitHub's
 * claims only three and looks at no signature, and its ECR knows no other account. So each request here is judged by the embedded AWS
 * after what it is about (the OIDC provider, the boundary, the role, the repository with its policy) was read from the deployment;
 * and what was pushed is put into the deployment's ECR.
 */
export async function startJudge({ config, deployed, issuer, organisationId }: Judged): Promise<Judge> {
  const { accountId, region, partition } = config.aws;
  const administrator = `arn:${partition}:iam::${accountId}:root`;
  const known = new Set<string>();
  const before: Hook = async ({ service, operation, input, callerArn }) => {
    if (callerArn === administrator) return;
    if (operation === 'AssumeRoleWithWebIdentity') await copyRole(deployed, here, textOf(input, 'RoleArn'));
    if (service === 'ecr' && 'repositoryName' in input)
      await copyRepository(deployed, here, textOf(input, 'repositoryName'), known);
  };
  const after: Hook = async ({ operation, input, callerArn }) => {
    if (operation !== 'PutImage' || callerArn === administrator) return;
    await deployed.ecr.send(
      new PutImageCommand({
        repositoryName: textOf(input, 'repositoryName'),
        imageManifest: textOf(input, 'imageManifest'),
        imageTag: textOf(input, 'imageTag'),
      }),
    );
  };
  const embedded = await startEmbeddedAws({
    accountId,
    region,
    organisationId,
    issuerKeys: async () => issuer.jwks(),
    hooks: { before, after },
  });
  const here = connectAws({ region, endpoint: embedded.endpoint, credentials: LOCAL_CREDENTIALS });
  await copyProviders(deployed, here);
  await copyBoundary(deployed, here, config.aws.boundaryArn);
  return { endpoint: embedded.endpoint, close: () => embedded.close() };
}

async function copyProviders(from: AwsClients, to: AwsClients): Promise<void> {
  const { OpenIDConnectProviderList = [] } = await from.iam.send(new ListOpenIDConnectProvidersCommand({}));
  for (const { Arn } of OpenIDConnectProviderList) {
    const { Url = '', ClientIDList } = await from.iam.send(
      new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: Arn }),
    );
    await to.iam.send(
      new CreateOpenIDConnectProviderCommand({
        Url: `https://${Url.replace(/^https:\/\//, '')}`,
        ClientIDList,
        ThumbprintList: ['0'.repeat(40)],
      }),
    );
  }
}

async function copyBoundary(from: AwsClients, to: AwsClients, PolicyArn: string): Promise<void> {
  const { Policy } = await from.iam.send(new GetPolicyCommand({ PolicyArn }));
  const { PolicyVersion } = await from.iam.send(
    new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }),
  );
  await to.iam.send(
    new CreatePolicyCommand({
      PolicyName: Policy?.PolicyName,
      Path: Policy?.Path,
      PolicyDocument: decodeURIComponent(PolicyVersion?.Document ?? ''),
    }),
  );
}

async function copyRole(from: AwsClients, to: AwsClients, arn: string): Promise<void> {
  const RoleName = arn.split('/').at(-1) ?? '';
  const role = await observeRole(from, RoleName);
  if (role === undefined) return;
  const AssumeRolePolicyDocument = JSON.stringify(role.trustPolicy);
  const there = await observeRole(to, RoleName);
  if (there === undefined)
    await to.iam.send(
      new CreateRoleCommand({
        RoleName,
        AssumeRolePolicyDocument,
        Path: role.path,
        PermissionsBoundary: role.boundaryArn,
        MaxSessionDuration: role.maxSessionSeconds,
        Tags: Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
  else await to.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: AssumeRolePolicyDocument }));
  for (const [PolicyName, document] of Object.entries(role.inlinePolicies))
    await to.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: JSON.stringify(document) }));
}

async function copyRepository(
  from: AwsClients,
  to: AwsClients,
  repositoryName: string,
  known: Set<string>,
): Promise<void> {
  const repository = await observeRepository(from, repositoryName);
  if (repository === undefined) {
    if (known.delete(repositoryName)) await to.ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
    return;
  }
  if (!known.has(repositoryName))
    await to.ecr.send(
      new CreateRepositoryCommand({
        repositoryName,
        tags: Object.entries(repository.tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
  known.add(repositoryName);
  const policyText = JSON.stringify(repository.policy ?? NOBODY);
  await to.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
}

/** In the place of no policy: one that allows nothing to anybody. */
const NOBODY = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'Nobody', Effect: 'Deny', Principal: '*', Action: 'ecr:BatchGetImage' }],
};

function textOf(input: object, name: string): string {
  const value: unknown = Object.entries(input).find(([one]) => one === name)?.[1];
  if (typeof value !== 'string') throw new Error(`The request has no ${name}.`);
  return value;
}
