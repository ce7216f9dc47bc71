import t from 'tap';
import { EMPTY_CHAIN, link } from '../../../src/ledger/chain.ts';
import { composeApi } from '../../../src/compose/compose-api.ts';
import { loadContracts } from '../../../src/contract/contract-source.ts';
import { behindHttpApi, sourceAddress } from '../../../src/http/http-api.ts';
import { bytesOf, sendTo } from '../../acceptance/http.ts';
import { startHttpApi } from '../../support/api-gateway.ts';
import { PLATFORM, startService } from '../../support/service.ts';
import { fillLog, recordOf } from '../log.ts';

const CONTEXT = { awsRequestId: '6b1d2c1e-0000-4000-8000-000000000000' } as never;
const COUNT = 1_500;

/** A header may hold 256 of them, and JSON in JSON writes each in four characters. */
const QUOTES = '"'.repeat(256);

for (const pageBytes of ['2500000', '4000000'])
  t.test(
    `an export of pages of ${pageBytes} bytes comes through Lambda’s 6 MB, whatever callers wrote into it`,
    async (t) => {
      const { embedded, token } = await startService(t, { env: { ECP_EXPORT_PAGE_BYTES: pageBytes } });
      const { config, endpoints, jwksFetch, executor } = embedded;
      const begin = Date.parse('2026-11-01T00:00:00.000Z');
      const records = Array.from({ length: COUNT }, (_, index) => {
        const record = recordOf('koa', index + 1, new Date(begin + index * 60_000));
        const source = { requestId: `r-${index}`, address: '192.0.2.7', ...record.source, userAgent: QUOTES };
        return { ...record, source };
      });
      await fillLog(executor.tables, { koa: link('koa', EMPTY_CHAIN, records) });
      const contracts = loadContracts();
      const app = composeApi({ config, ...contracts, endpoints, jwksFetch, addressOf: sourceAddress });
      const logger = { error: () => undefined };
      const handler = behindHttpApi({ app, contract: contracts.contract, docsBaseUrl: config.docsBaseUrl, logger });
      const gateway = await startHttpApi({ invoke: (event) => handler(event, CONTEXT) });
      t.teardown(async () => {
        await gateway.close();
        await app.close();
      });

      for (const format of ['ndjson', 'csv']) {
        let path: string | undefined = `/v1/audit-events/export?format=${format}&department=koa`;
        let lines = 0;
        let pages = 0;
        while (path !== undefined) {
          const headers = { authorization: `Bearer ${await token(PLATFORM)}` };
          const answer = await sendTo(gateway.url, { method: 'GET', path, headers });
          const text = (await bytesOf(answer)).toString();
          t.equal(answer.status, 200, `page ${pages} of ${format}: ${text.length} bytes`);
          if (answer.status !== 200) return;
          pages += 1;
          lines += text.split('\n').filter((line) => line !== '').length - (format === 'csv' ? 1 : 0);
          path = /^<([^>]+)>; rel="next"$/.exec(String(answer.headers['link'] ?? ''))?.[1];
        }
        t.equal(lines, COUNT, 'nothing is lost, and nothing comes twice');
        if (format === 'ndjson') t.ok(pages > 1, `${pages} pages`);
      }
    },
  );
