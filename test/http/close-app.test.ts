/** How an app on a port ends while an export is streamed: as a signal makes it. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import t from 'tap';
import { closeApp } from '../../src/http/close-app.ts';
import { tablesOf } from '../../src/compose/connections.ts';
import { chainOf, fillLog } from '../audit/log.ts';
import { anotherInstance } from '../support/instances.ts';
import { PLATFORM, startService } from '../support/service.ts';

/** More than the buffers of the way hold: whoever does not read holds the export up. */
const EVENTS = 8_000;

const service = await startService(t, { executor: false });
const { config, endpoints } = service.embedded;
await fillLog(tablesOf(config, endpoints), { koa: chainOf('koa', EVENTS) });

for (const coding of ['identity', 'gzip']) {
  await t.test(`an export in ${coding} that is streamed when the app ends`, async (t) => {
    const { app } = anotherInstance(t, service);
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const authorization = `Bearer ${await service.token(PLATFORM)}`;
    const asked = get(`${url}/v1/audit-events/export`, { headers: { authorization, 'accept-encoding': coding } });
    asked.on('error', () => undefined);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    t.equal(answer.statusCode, 200);
    await once(answer, 'readable');
    answer.read();
    t.notOk(answer.complete, 'it is on its way');
    await closeApp(app, 50);
    t.pass('does not keep the app from ending');
    answer.resume();
    await new Promise((resolve) => {
      answer.once('error', resolve).once('end', resolve);
    });
    t.notOk(answer.complete, 'and its client sees that it broke off: it never looks as if it were whole');
    // Whatever was still being read for it was given up: nothing is thrown where nobody could catch it.
    await new Promise((resolve) => void setImmediate(resolve));
  });
}
