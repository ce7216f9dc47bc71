// Loaded into each function before its code (NODE_OPTIONS=--import=…): GitHub's name points to the stand-in for GitHub's issuer. All
// other requests go their way.
const issuer = process.env.TEST_ISSUER_URL;
const outside = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const { origin, pathname } = new URL(input instanceof Request ? input.url : String(input));
  return outside(origin === 'https://token.actions.githubusercontent.com' ? `${issuer}${pathname}` : input, init);
};
