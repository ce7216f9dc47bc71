import { CreatePolicyCommand, DeletePolicyCommand, DeleteRoleCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { DeleteRolePolicyCommand, ListRolePoliciesCommand } from '@aws-sdk/client-iam';
import { DeleteRepositoryCommand, paginateDescribeRepositories } from '@aws-sdk/client-ecr';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { setTimeout as pause } from 'node:timers/promises';
import { clientOptions, type AwsOptions } from '../../src/aws/client-options.ts';
import { connectAws, type AwsClients } from '../../src/aws/clients.ts';
import type { AwsSettings } from '../../src/model/settings.ts';
import { permissionsBoundary } from '../../src/policy/push-policy.ts';
import type { Target } from './target.ts';

/** What the checks of ECR and IAM stand at: clients of the target, and names that nobody else has. */
export interface AwsBench {
  readonly options: AwsOptions;
  readonly clients: AwsClients;
  readonly sts: STSClient;
  readonly settings: AwsSettings;
  /** First part of every name of this run. */
  readonly prefix: string;
  readonly repositoryName: () => string;
  readonly roleName: () => string;
  /**
   * Does something until it goes well, for as long as the target may need until what was written is read. An account
   * needs some seconds; an emulator none, so there it is done once.
   */
  readonly settled: <T>(attempt: () => Promise<T>) => Promise<T>;
  /** Each error that an operation answered with, such as `CreateRole EntityAlreadyExistsException`. */
  readonly errors: ReadonlySet<string>;
  readonly close: () => Promise<void>;
}

const ROLE_PATH = '/ecp-conformance/';

/** Connects to a target, and makes what every push role needs: the boundary. */
export async function openAwsBench({ aws, lagSeconds }: Pick<Target, 'aws' | 'lagSeconds'>): Promise<AwsBench> {
  const clients = connectAws(aws);
  const sts = new STSClient(clientOptions(aws));
  const errors = new Set<string>();
  for (const client of [clients.ecr, clients.iam, sts]) collectErrors(client, errors);
  const { Account: accountId = '' } = await sts.send(new GetCallerIdentityCommand({}));
  const prefix = `ecp-conformance-${Date.now().toString(36)}`;
  let made = 0;
  const next = (): string => `${(made += 1)}`;
  const policyName = `${prefix}-boundary`;
  const boundaryArn = `arn:aws:iam::${accountId}:policy${ROLE_PATH}${policyName}`;
  const settings: AwsSettings = {
    accountId,
    region: aws.region,
    partition: 'aws',
    rolePath: ROLE_PATH,
    boundaryArn,
    oidcProvider: 'token.actions.githubusercontent.com',
    stsAudience: 'sts.amazonaws.com',
    stsKeys: { repositoryId: true, ref: true },
    trustPolicySize: 2_048,
  } as AwsSettings;
  await clients.iam.send(
    new CreatePolicyCommand({
      PolicyName: policyName,
      Path: ROLE_PATH,
      PolicyDocument: JSON.stringify(permissionsBoundary(settings)),
    }),
  );
  return {
    options: aws,
    clients,
    sts,
    settings,
    prefix,
    errors,
    repositoryName: () => `${prefix}/image-${next()}`,
    roleName: () => `${prefix}-role-${next()}`,
    settled: (attempt) => settled(attempt, lagSeconds),
    close: async () => {
      await tidy(clients, prefix);
      await clients.iam.send(new DeletePolicyCommand({ PolicyArn: boundaryArn })).catch(() => undefined);
      for (const client of [clients.ecr, clients.iam, sts]) client.destroy();
    },
  };
}

function collectErrors(client: AwsClients['ecr'] | AwsClients['iam'] | STSClient, errors: Set<string>): void {
  type Stack = AwsClients['ecr']['middlewareStack'];
  (client.middlewareStack as unknown as Stack).add(
    (next, { commandName }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          errors.add(`${String(commandName).replace(/Command$/, '')} ${(error as Error).name}`);
          throw error;
        }
      },
    { step: 'initialize', name: 'collectErrors' },
  );
}

async function settled<T>(attempt: () => Promise<T>, lagSeconds: number): Promise<T> {
  const until = performance.now() + lagSeconds * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > until) throw error;
      await pause(500);
    }
  }
}

/** Takes away what the run made and nothing else. */
async function tidy({ ecr, iam }: AwsClients, prefix: string): Promise<void> {
  for await (const page of paginateDescribeRepositories({ client: ecr }, {})) {
    for (const { repositoryName = '' } of page.repositories ?? []) {
      if (repositoryName.startsWith(prefix))
        await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
    }
  }
  const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: ROLE_PATH, MaxItems: 1000 }));
  for (const { RoleName = '' } of Roles) {
    if (!RoleName.startsWith(prefix)) continue;
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName, MaxItems: 1000 }));
    for (const PolicyName of PolicyNames) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
    await iam.send(new DeleteRoleCommand({ RoleName }));
  }
}
