import { startEmbedded } from '../../../src/local/embedded.ts';
import { startBucketAndKey } from '../../support/bucket-and-key.ts';
import { startHttpApi } from '../../support/api-gateway.ts';
import { handledBy } from '../../support/event-source.ts';
import type { Form } from '../form.ts';
import { sendTo } from '../http.ts';
import { importsOfBundles } from '../imports-on-demand.ts';
import { closeAll, overSurroundings, startFunction, type Surroundings } from './surroundings.ts';

/**
 * The bundles as `npm run build` makes them, each on Lambda's Node in a process of its own: the API behind an HTTP API, the executor
 * behind the state table's stream, the exporter by hand. Nothing of the service runs in this process.
 */
export async function startBundles(stage = '$default'): Promise<Form> {
  const embedded = await startEmbedded({ executor: false });
  const storage = await startBucketAndKey();
  const { config, env, endpoints, issuer } = embedded;
  const surroundings = {
    config,
    env,
    awsUrl: embedded.aws.endpoint,
    dynamoDbUrl: endpoints.dynamoDb ?? '',
    issuerUrl: issuer.url,
    storage,
  } satisfies Surroundings;
  const api = startFunction('api', 'bundle', surroundings);
  const executor = startFunction('executor', 'bundle', surroundings);
  const exporter = startFunction('exporter', 'bundle', surroundings);
  const gateway = await startHttpApi({ invoke: api.invoke, stage });
  const stream = await handledBy(executor, embedded);
  return {
    letter: 'c',
    ...overSurroundings(surroundings),
    send: (request) => sendTo(gateway.url, request),
    token: (job, audience = config.audience) => issuer.mintToken({ ...job, audience }),
    runExporter: () => exporter.invoke({}),
    runExecutor: (event) => executor.invoke(event),
    notApplicable: () => undefined,
    importsOnDemand: async () => {
      const urls = [await api.loaded(), await executor.loaded(), await exporter.loaded()].flat();
      const inBundle = /\/(dist\/(?:api|executor|exporter)\/.+)$/;
      return importsOfBundles(new Set(urls.flatMap((url) => inBundle.exec(url)?.[1] ?? [])));
    },
    close: () =>
      closeAll([
        () => embedded.close(),
        () => storage.close(),
        () => exporter.close(),
        () => executor.close(),
        () => stream.close(),
        () => api.close(),
        () => gateway.close(),
      ]),
  };
}
