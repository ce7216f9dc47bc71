import { existsSync, readFileSync } from 'node:fs';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { connectAws } from '../../../src/aws/clients.ts';
import { readConfig } from '../../../src/config/config.ts';
import { binariesOnPath } from '../../deployed/apply-module.ts';
import { ROOT } from '../../deployed/clients.ts';
import { deploy, REGION, startGround, type Deployment } from '../../deployed/deployment.ts';
import { startJudge } from '../../deployed/judge.ts';
import type { Form } from '../form.ts';
import { sendTo } from '../http.ts';
import { importsOfBundles } from '../imports-on-demand.ts';
import { bucketOf, publicKeyOf } from './bucket-and-key.ts';
import { closeAll } from './surroundings.ts';

const ORGANISATION_ID = 'o-example0000';

/** What the emulator's HTTP API answers or changes itself, where API Gateway does otherwise; form c has API Gateway's ways. */
const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'a percent sign that begins nothing is 400': 'API Gateway answers it itself; the emulator hands it to the function',
  '//v1/whoami is 404, with a token and without': 'the emulator makes one slash of two before the function sees it',
  'OPTIONS is 405': 'the emulator answers OPTIONS itself, with 403, where the HTTP API has no CORS settings',
};

/** Why the form cannot be started on this machine; undefined where it can. */
export function whatIsMissing(): string | undefined {
  return binariesOnPath().length > 0 ? undefined : 'neither tofu nor terraform is on the PATH';
}

/**
 * `infra/`, applied by the real binary to an AWS that others wrote, with its IAM enforced: HTTP API, functions, tables, stream, roles and
 * policies. What of the policies is relaxed for it, and what it wrongly allows: `npm run deployed -- --list`.
 * @throws Error where neither OpenTofu nor Terraform is on the PATH
 */
export async function startDeployed(): Promise<Form> {
  const [binary] = binariesOnPath();
  if (binary === undefined) throw new Error(`The form d cannot be started: ${whatIsMissing()}.`);
  const ground = await startGround();
  const deployment = await deploy(ground, { binary, variables: { aws_organisation_id: ORGANISATION_ID } });
  const { outputs, url } = deployment;
  const config = readConfig(outputs.environment);
  const deployed = connectAws({ region: REGION, endpoint: ground.ministack.endpoint, credentials: ROOT });
  const judge = await startJudge({ config, deployed, issuer: ground.issuer, organisationId: ORGANISATION_ID });
  return {
    letter: 'd',
    config,
    aws: deployed,
    awsEndpoint: judge.endpoint,
    send: (request) => sendTo(url, request),
    token: (job, audience = config.audience) => ground.issuer.mintToken({ ...job, audience }),
    runExporter: () => invoke(deployment, 'ecr-control-plane-exporter', {}),
    runExecutor: (event) => invoke(deployment, 'ecr-control-plane-executor', event),
    bucket: () => bucketOf(ground.clients.s3, outputs.audit_bucket),
    exportKey: () => publicKeyOf(ground.clients.kms, outputs.signing_key_arn),
    notApplicable: (title) => NOT_APPLICABLE[title],
    importsOnDemand: async () => {
      const loaded = existsSync(ground.loadedFiles) ? readFileSync(ground.loadedFiles, 'utf8').split('\n') : [];
      return importsOfBundles(new Set(loaded.flatMap((file) => /chunks\/[^/]+$/.exec(file) ?? [])));
    },
    close: () => closeAll([() => ground.close(), () => deployment.close(), () => judge.close()]),
  };
}

/** Calls a function by the alias that everything calls it by. @throws Error with the function's words when it throws */
async function invoke({ ground }: Deployment, name: string, event: unknown): Promise<unknown> {
  const { FunctionError, Payload } = await ground.clients.lambda.send(
    new InvokeCommand({ FunctionName: name, Qualifier: 'live', Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const answer = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw new Error(answer);
  return JSON.parse(answer);
}
