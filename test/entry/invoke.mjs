// Runs a Lambda's module as Lambda does: imports it, hands events to its handler one after the other, prints the answers, and ends
// an invocation whose time is over.
// Usage: node invoke.mjs MODULE; one message a line on standard input, `{event}` or `{tell: "loaded"}`, one reply a line on standard output.
import * as modules from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [, , bundle] = process.argv;
const issuer = process.env.TEST_ISSUER_URL;
const timeout = Number(process.env.TEST_TIMEOUT);
if (issuer !== undefined) {
  // The embedded issuer stands where GitHub's name points to; this machine's name service is not ours to change.
  const outside = globalThis.fetch;
  globalThis.fetch = (url, init) => {
    const { origin, pathname } = new URL(url);
    return outside(origin === 'https://token.actions.githubusercontent.com' ? `${issuer}${pathname}` : url, init);
  };
}
const loaded = new Set();
// Node 20, on which sources run, has no such hook.
modules.registerHooks?.({
  load: (url, context, next) => {
    loaded.add(url);
    return next(url, context);
  },
});
const { handler } = await import(pathToFileURL(bundle).href);

async function invoke(event) {
  const ends = Date.now() + timeout;
  const context = { functionName: 'test', awsRequestId: 'test', getRemainingTimeInMillis: () => ends - Date.now() };
  let timer;
  const over = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Task timed out after ${timeout / 1000} seconds`)), timeout);
  });
  try {
    return { answer: (await Promise.race([handler(event, context), over])) ?? null };
  } catch (error) {
    return { error: String(error) };
  } finally {
    clearTimeout(timer);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { event, tell } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(tell === 'loaded' ? { loaded: [...loaded] } : await invoke(event))}\n`);
}
process.exit(0);
