const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Checks that a configured issuer is one whose keys can be fetched and whose name has one spelling, since it is
 * compared exactly: an absolute https URL as a URL parser writes it, with no user, query, fragment or trailing slash.
 * @param allowLoopback whether `http://` is allowed on this machine's loopback
 * @throws TypeError that says what is wrong
 */
export function checkTrustedIssuer(issuer: string, allowLoopback: boolean): void {
  const problem = problemOf(issuer, allowLoopback);
  if (problem !== undefined) throw new TypeError(`The issuer ${JSON.stringify(issuer)} can't be trusted: ${problem}.`);
}

function problemOf(issuer: string, allowLoopback: boolean): string | undefined {
  if (!URL.canParse(issuer)) return 'it must be an absolute URL';
  const url = new URL(issuer);
  if (url.username !== '' || url.password !== '') return 'it must not name a user';
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(issuer)) return 'it must have no query and no fragment';
  if (issuer.endsWith('/')) return 'it must not end with a slash, since GitHub\'s "iss" does not';
  if (url.href !== issuer && url.href !== `${issuer}/`) return `it must be written as ${url.href.replace(/\/$/, '')}`;
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'it must be an https URL';
  if (!loopbackHosts.has(url.hostname)) return 'it must be an https URL';
  return allowLoopback ? undefined : 'plain HTTP on loopback is for the embedded issuer only';
}
