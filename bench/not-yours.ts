/**
 * How long a stranger waits for the 404 of what is there and of what is not: 40 pairs of each read, one after the other in turn, on a
 * department with 121 grants.
 *
 *   node --import=tsx bench/not-yours.ts
 *
 * Beside the two medians stands what the same measurement gives for two things that are both not there: that is the noise.
 */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { composeApi } from '../src/compose/compose-api.ts';
import { loadContracts } from '../src/contract/contract-source.ts';
import { entityKey } from '../src/ledger/keys.ts';
import { readDepartment } from '../src/ledger/read.ts';
import { startEmbedded } from '../src/local/embedded.ts';
import type { GrantId } from '../src/model/ids.ts';
import { operationOf, restRequest } from '../test/support/both-faces.ts';
import { send } from '../test/support/instances.ts';
import { ABOUT_A_DEPARTMENT, NOBODYS, polsNames, type Names } from '../test/support/questions.ts';
import { KOA, onboardKoaAndPol, STRANGER, type Service } from '../test/support/service.ts';

const PAIRS = 40;
const GRANTS = 121;
/** Others of nobody's things, for the noise. */
const OTHER_NOBODYS: Names = {
  department: 'nothing',
  login: 'JPPOL-NOTHING',
  repository: 'nothing/app',
  grant: 'grant-01k00000000000000000000001',
  operation: 'op-01k00000000000000000000001',
};

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const embedded = await startEmbedded();
const { config, endpoints, jwksFetch } = embedded;
const app = composeApi({ config, ...loadContracts(), endpoints, jwksFetch });
const token: Service['token'] = (job, audience = config.audience) => embedded.issuer.mintToken({ ...job, audience });
const service = {
  app,
  embedded,
  token,
  ask: async (job, request) => send(app, job === undefined ? undefined : `Bearer ${await token(job)}`, request),
} as Pick<Service, 'app' | 'embedded' | 'token' | 'ask'> as Service;

try {
  await onboardKoaAndPol(service);
  const pols = await polsNames(service);
  const { tables } = embedded.executor;
  const { state } = await readDepartment(tables, 'pol');
  const [grant] = state?.grants ?? [];
  if (grant === undefined) throw new Error('There is no grant to copy.');
  for (let index = 1; index < GRANTS; index += 1) {
    const value = { ...grant, id: `grant-copy-${String(index).padStart(4, '0')}` as GrantId };
    const Item = { ...entityKey({ type: 'grant', value }), type: 'grant', value };
    await tables.documents.send(new PutCommand({ TableName: tables.state, Item }));
  }
  const reads = Object.keys(ABOUT_A_DEPARTMENT).filter((id) => operationOf(id).kind !== 'mutation');
  for (const [who, job] of [
    ['a stranger', STRANGER],
    ["another department's manager", KOA],
  ] as const) {
    const authorization = `Bearer ${await token(job)}`;
    const timeOf = async (id: string, names: Names): Promise<number> => {
      const request = restRequest(id, ABOUT_A_DEPARTMENT[id]?.asked(names) ?? {});
      const began = performance.now();
      const { status } = await send(app, authorization, request);
      if (status !== 404) throw new Error(`${id} answered ${status}.`);
      return performance.now() - began;
    };
    console.log(`\n${who}, ${PAIRS} pairs, milliseconds (median)`);
    console.log('read                            there   not there  difference    noise');
    for (const id of reads) {
      const times: Record<'there' | 'notThere' | 'neither', number[]> = { there: [], notThere: [], neither: [] };
      await timeOf(id, pols);
      for (let pair = 0; pair < PAIRS; pair += 1) {
        const turn: readonly (readonly [keyof typeof times, Names])[] = [
          ['there', pols],
          ['notThere', NOBODYS],
          ['neither', OTHER_NOBODYS],
        ];
        // Each comes first, second and third in turn.
        for (let place = 0; place < 3; place += 1) {
          const [name, names] = turn[(place + pair) % 3] ?? ['there', pols];
          times[name].push(await timeOf(id, names));
        }
      }
      const [there, notThere, neither] = [median(times.there), median(times.notThere), median(times.neither)];
      const percent = (of: number): string => `${(((of - notThere) / notThere) * 100).toFixed(1)} %`.padStart(10);
      console.log(
        `${id.padEnd(28)}${there.toFixed(2).padStart(9)}${notThere.toFixed(2).padStart(12)}${percent(there)}${percent(neither)}`,
      );
    }
  }
} finally {
  await app.close();
  await embedded.close();
}
