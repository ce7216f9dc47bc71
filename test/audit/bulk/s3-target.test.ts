import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { sha256Of } from '../../../src/audit/bulk/manifest.ts';
import { s3Target } from '../../../src/audit/bulk/s3-target.ts';

t.test(
  'a bulk export is put into a bucket, checked on arrival, never replaces, and never takes what is there for its own unseen',
  async (t) => {
    const objects = new Map<string, Buffer>();
    const calls: string[] = [];
    let failures = 1;
    let unreadable = false;
    // As much of S3 as is asked for: conditional writes, checksums, reading.
    const server = createServer((asked, answer) => {
      const chunks: Buffer[] = [];
      asked.on('data', (chunk: Buffer) => chunks.push(chunk));
      asked.on('end', () => {
        const body = Buffer.concat(chunks);
        calls.push(`${asked.method} ${asked.url?.split('?')[0]}`);
        const key = String(asked.url).split('?')[0] ?? '';
        const checksum = createHash('sha256').update(body).digest('base64');
        if (asked.method === 'GET') {
          const found = objects.get(key);
          if (unreadable) answer.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
          else answer.writeHead(found === undefined ? 404 : 200).end(found);
        } else if (failures-- > 0) answer.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
        else if (asked.headers['x-amz-checksum-sha256'] !== checksum)
          answer.writeHead(400).end('<Error><Code>BadDigest</Code></Error>');
        else if (asked.headers['if-none-match'] === '*' && objects.has(key))
          answer.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
        else {
          objects.set(key, body);
          answer.writeHead(200, { etag: '"x"' }).end();
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const folder = await mkdtemp(join(tmpdir(), 'audit-s3-'));
    t.teardown(async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const target = s3Target({
      bucket: 'audit',
      prefix: 'log',
      region: 'eu-west-1',
      endpoint,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const path = join(folder, 'file');
    const put = async (text: string, sha256 = sha256Of(text), accepts?: (there: Buffer) => Promise<boolean>) => {
      await writeFile(path, text);
      await target.put(
        'manifests/1.json',
        { path, bytes: Buffer.byteLength(text), sha256 },
        'application/json',
        accepts,
      );
    };
    await put('first');
    t.equal(String(objects.get('/audit/log/manifests/1.json')), 'first', 'although S3 failed once');
    await put('first');
    await t.rejects(put('second'), {
      name: 'AlreadyThere',
      message: /s3:\/\/audit\/log\/manifests\/1\.json is there already, with another content/,
    });
    await put('second', undefined, async (there) => String(there) === 'first');
    await t.rejects(
      put('second', undefined, async () => false),
      { name: 'AlreadyThere' },
    );
    unreadable = true;
    await t.rejects(put('first'), { name: 'AlreadyThere', message: /could not be read \(AccessDenied/ });
    t.equal(String(objects.get('/audit/log/manifests/1.json')), 'first', 'what is there stays');
    objects.clear();
    await t.rejects(put('third', sha256Of('other')), 'what arrives otherwise than it was is refused');
    t.equal(objects.size, 0);
    t.same(new Set(calls), new Set(['PUT /audit/log/manifests/1.json', 'GET /audit/log/manifests/1.json']));
  },
);
