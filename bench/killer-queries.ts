/**
 * What is left to an attacker: the killer queries of test/guarantees, each asked of a service in a process of its own with a Lambda's memory, while
 * another client asks `/healthz` again and again. Says the worst answer, time, memory and wait.
 *
 *   node --import=tsx bench/killer-queries.ts
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { KILLER_QUERIES } from '../test/guarantees/killer-queries.ts';
import { growKoa } from '../test/guarantees/large-department.ts';
import { KOA, onboardKoaAndPol, openService } from '../test/support/service.ts';

/** Megabytes of V8's heap, as the API's Lambda of 1,024 MB has them. */
const HEAP = 900;

interface Ready {
  readonly url: string;
  readonly token: string;
}

/** Most memory that a process has had so far, in megabytes. */
const peak = (): number => Math.round(process.resourceUsage().maxRSS / 1_024);

async function serve(): Promise<void> {
  const { service } = await openService();
  const { config, issuer } = service.embedded;
  await onboardKoaAndPol(service);
  await growKoa(service);
  const url = await service.app.listen({ port: 0, host: '127.0.0.1' });
  const exp = Math.floor(Date.now() / 1_000) + 890;
  const token = await issuer.mintToken({ ...KOA, audience: config.audience, claims: { exp } });
  process.on('message', () => process.send?.(peak()));
  process.on('disconnect', () => process.exit(0));
  process.send?.({ url, token } satisfies Ready);
}

async function measure(): Promise<void> {
  const child = fork(new URL(import.meta.url), ['serve'], {
    execArgv: ['--import=tsx', `--max-old-space-size=${HEAP}`],
  });
  const [{ url, token }] = (await once(child, 'message')) as [Ready];
  const memory = async (): Promise<number> => {
    const answer = once(child, 'message');
    child.send('memory');
    return Number((await answer)[0]);
  };
  const idle = await memory();
  const rows: { what: string; status: number; bytes: number; ms: number; health: number; mb: number }[] = [];
  for (const { what, query, variables } of KILLER_QUERIES) {
    const asking = new AbortController();
    let health = 0;
    const pinging = (async () => {
      while (!asking.signal.aborted) {
        const began = performance.now();
        await (await fetch(`${url}/healthz`)).text();
        health = Math.max(health, performance.now() - began);
        await setTimeout(5);
      }
    })();
    await setTimeout(20);
    const began = performance.now();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
      },
      body: JSON.stringify({ query, variables }),
    });
    const bytes = (await response.arrayBuffer()).byteLength;
    const ms = performance.now() - began;
    asking.abort();
    await pinging;
    rows.push({ what, status: response.status, bytes, ms, health, mb: await memory() });
  }
  child.disconnect();
  for (const { what, status, bytes, ms, health, mb } of rows)
    process.stdout.write(
      `${status} ${String(bytes).padStart(9)} B ${ms.toFixed(0).padStart(6)} ms  healthz ${health.toFixed(0).padStart(5)} ms  peak ${mb} MB  ${what}\n`,
    );
  const worst = (key: 'bytes' | 'ms' | 'health' | 'mb'): string => {
    const row = rows.reduce((most, one) => (one[key] > most[key] ? one : most));
    return `${row[key].toFixed(0)} (${row.what})`;
  };
  process.stdout.write(
    `${rows.length} queries. Most bytes: ${worst('bytes')}. Longest, ms: ${worst('ms')}. Longest /healthz, ms: ${worst('health')}. Peak, MB: ${worst('mb')}; before the first: ${idle}.\n`,
  );
}

await (process.argv[2] === 'serve' ? serve() : measure());
