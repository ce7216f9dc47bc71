/**
 * A resolve hook for many test files in one process: what a test file imports as `tap` is the test that was begun for this file, so
 * that what it cleans up at its end is cleaned up then, and not when the process ends.
 * @see https://nodejs.org/docs/latest-v20.x/api/module.html#resolvespecifier-context-nextresolve
 */
export async function resolve(specifier, context, next) {
  const { parentURL = '' } = context;
  if (specifier !== 'tap' || !parentURL.endsWith('.test.ts')) return next(specifier, context);
  const source = `
    const t = globalThis[Symbol.for('the test of a file')](${JSON.stringify(parentURL)});
    export default t;
    export { t };
    export const test = t.test.bind(t);`;
  return { url: `data:text/javascript,${encodeURIComponent(source)}`, format: 'module', shortCircuit: true };
}
