// Runs a Lambda's bundle as Lambda does: imports it, hands events to its handler one after the other, prints the answers.
// Usage: node invoke.mjs BUNDLE; one event a line on standard input, one answer a line on standard output.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [, , bundle] = process.argv;
const issuer = process.env.TEST_ISSUER_URL;
if (issuer !== undefined) {
  // The embedded issuer stands where GitHub's name points to; this machine's name service is not ours to change.
  const outside = globalThis.fetch;
  globalThis.fetch = (url, init) => {
    const { origin, pathname } = new URL(url);
    return outside(origin === 'https://token.actions.githubusercontent.com' ? `${issuer}${pathname}` : url, init);
  };
}
const { handler } = await import(pathToFileURL(bundle).href);
const context = { functionName: 'test', awsRequestId: 'test', getRemainingTimeInMillis: () => 29_000 };
for await (const line of createInterface({ input: process.stdin })) {
  try {
    process.stdout.write(`${JSON.stringify({ answer: (await handler(JSON.parse(line), context)) ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
  }
}
process.exit(0);
