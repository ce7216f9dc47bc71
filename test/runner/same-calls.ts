/** Where the real actions are not at hand: the calls that they make, in their order, with the inputs that the workflow gives them. */
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { runProcess } from './process.ts';
import { succeeded, type StepResult, type StepSurroundings } from './step.ts';
import type { ActionStep } from './workflow-file.ts';

/** Carries out an action by the calls that it makes. @throws Error for an action or an input that is not known here */
export async function makeSameCalls(step: ActionStep, surroundings: StepSurroundings): Promise<StepResult> {
  surroundings.log.line(`${step.action}: the same calls, not the action itself`);
  try {
    switch (step.action) {
      case 'aws-actions/configure-aws-credentials':
        return await configureCredentials(step, surroundings);
      case 'aws-actions/amazon-ecr-login':
        return await logIn(step, surroundings);
      default:
        throw new UnknownHere(`The action ${step.action} is not known here.`);
    }
  } catch (error) {
    if (error instanceof UnknownHere) throw error;
    surroundings.log.line(`::error::${(error as Error).message}`);
    return { ...succeeded(), succeeded: false };
  }
}

/** The workflow wants what this cannot do; not a failure of the step. */
class UnknownHere extends Error {}

/** A token from GitHub for the audience, the role for the token, and who that makes the caller. */
async function configureCredentials(step: ActionStep, { env, log }: StepSurroundings): Promise<StepResult> {
  const inputs = inputsOf(step, [
    'role-to-assume',
    'aws-region',
    'role-session-name',
    'retry-max-attempts',
    'audience',
  ]);
  const region = inputs['aws-region'];
  const token = await requestToken(env, inputs['audience'] ?? 'sts.amazonaws.com');
  log.line(`::add-mask::${token}`);
  const place = {
    endpoint: env['AWS_ENDPOINT_URL_STS'] ?? '',
    ...(region === undefined ? {} : { region }),
    maxAttempts: 1,
  };
  const { Credentials: given } = await new STSClient(place).send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: inputs['role-to-assume'],
      RoleSessionName: inputs['role-session-name'] ?? 'GitHubActions',
      DurationSeconds: 3600,
      WebIdentityToken: token,
    }),
  );
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = given ?? {};
  for (const secret of [accessKeyId, secretAccessKey, sessionToken]) log.line(`::add-mask::${secret}`);
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  await new STSClient({ ...place, credentials }).send(new GetCallerIdentityCommand({}));
  return succeeded({
    env: {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      ...(region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    },
  });
}

/** @see https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token */
async function requestToken(env: Readonly<Record<string, string>>, audience: string): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = env;
  if (url === undefined || bearer === undefined) throw new Error('The job has no permission id-token: write.');
  const response = await fetch(`${url}&audience=${encodeURIComponent(audience)}`, {
    headers: { authorization: `Bearer ${bearer}` },
  });
  if (!response.ok) throw new Error(`The token request was answered ${response.status}.`);
  const { value } = (await response.json()) as { readonly value: string };
  return value;
}

/** A password from ECR for each registry, given to docker; logged out when the job ends. */
async function logIn(step: ActionStep, surroundings: StepSurroundings): Promise<StepResult> {
  const { env, log } = surroundings;
  const { registries } = inputsOf(step, ['registries']);
  const credentials = {
    accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    sessionToken: env['AWS_SESSION_TOKEN'] ?? '',
  };
  const ecr = new ECRClient({
    endpoint: env['AWS_ENDPOINT_URL_ECR'] ?? '',
    region: env['AWS_REGION'] ?? '',
    credentials,
    maxAttempts: 1,
  });
  const { authorizationData = [] } = await ecr.send(
    new GetAuthorizationTokenCommand(registries === undefined ? {} : { registryIds: registries.split(',') }),
  );
  for (const { authorizationToken = '', proxyEndpoint = '' } of authorizationData) {
    const [user = '', password = ''] = Buffer.from(authorizationToken, 'base64').toString().split(':');
    log.line(`::add-mask::${password}`);
    await docker(['login', '-u', user, '-p', password, proxyEndpoint], surroundings);
  }
  return succeeded({
    post: async (after) => {
      for (const { proxyEndpoint = '' } of authorizationData)
        await docker(['logout', proxyEndpoint.replace(/^https?:\/\//, '')], after);
      return succeeded();
    },
  });
}

async function docker(args: readonly string[], { workspace, env, log }: StepSurroundings): Promise<void> {
  const code = await runProcess(['docker', ...args], { cwd: workspace, env, onLine: log.line });
  if (code !== 0) throw new Error(`docker ${args[0]} ended with ${code}.`);
}

function inputsOf({ action, inputs }: ActionStep, known: readonly string[]): Readonly<Record<string, string>> {
  const unknown = Object.keys(inputs).filter((name) => !known.includes(name));
  if (unknown.length === 0) return inputs;
  throw new UnknownHere(`The input ${unknown.join(', ')} of ${action} is not known here; known: ${known.join(', ')}.`);
}
