import { composeApi } from '../../../src/compose/compose-api.ts';
import { loadContracts } from '../../../src/contract/contract-source.ts';
import { startEmbedded } from '../../../src/local/embedded.ts';
import { startBucketAndKey } from '../../support/bucket-and-key.ts';
import type { Form } from '../form.ts';
import { sendTo } from '../http.ts';
import { importsOfSource, isOfAnEntry } from '../imports-on-demand.ts';
import { recordImports } from '../recorded-imports.ts';
import { closeAll, overSurroundings, startFunction, type Surroundings } from './surroundings.ts';

/** The source in this process, on a port; executor and exporter by their Lambdas' own modules. */
export async function startSource(): Promise<Form> {
  const imports = recordImports();
  imports.here();
  const embedded = await startEmbedded();
  const storage = await startBucketAndKey();
  const { config, env, endpoints, issuer, jwksFetch } = embedded;
  const surroundings = {
    config,
    env,
    awsUrl: embedded.aws.endpoint,
    dynamoDbUrl: endpoints.dynamoDb ?? '',
    issuerUrl: issuer.url,
    storage,
    recording: imports.env,
  } satisfies Surroundings;
  const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const executor = startFunction('executor', 'source', surroundings);
  const exporter = startFunction('exporter', 'source', surroundings);
  return {
    letter: 'a',
    ...overSurroundings(surroundings),
    send: (request) => sendTo(url, request),
    token: (job, audience = config.audience) => issuer.mintToken({ ...job, audience }),
    runExporter: () => exporter.invoke({}),
    runExecutor: (event) => executor.invoke(event),
    notApplicable: () => undefined,
    importsOnDemand: async () => ({
      expected: importsOfSource().filter((one) => !isOfAnEntry(one)),
      executed: imports.executed(),
    }),
    close: () =>
      closeAll([
        () => imports.close(),
        () => embedded.close(),
        () => storage.close(),
        () => app.close(),
        () => executor.close(),
        () => exporter.close(),
      ]),
  };
}
