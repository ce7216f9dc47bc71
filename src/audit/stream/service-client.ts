import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** How the service is asked from outside of it. */
export interface ServiceClient {
  /** Asks for a path of the service, or for what a `Link` of it says. */
  get(pathOrLink: string): Promise<Response>;
}

/** The service said no; the message is its own. */
export class ServiceRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ServiceRefusal';
    this.status = status;
  }
}

/** Gives a token for each request: GitHub's live five minutes, an export may take longer. */
export type TokenSource = () => Promise<string>;

/** Asks the service with a token each time. */
export function serviceClient(url: string, token: TokenSource): ServiceClient {
  return {
    get: async (pathOrLink) => {
      const target = new URL(pathOrLink, url);
      // A token goes to the service that was named and nowhere else, whatever a link says.
      if (target.origin !== new URL(url).origin) throw new Error(`${target.origin} is not the service at ${url}.`);
      const response = await fetch(target, {
        headers: { authorization: `Bearer ${await token()}` },
        redirect: 'error',
      });
      if (response.ok) return response;
      throw new ServiceRefusal(
        response.status,
        `${target.pathname} answered ${response.status}: ${(await response.text()).slice(0, 1_000)}`,
      );
    },
  };
}

/** The address that a `Link` header gives for what comes next (RFC 8288). */
export function nextLink(response: Response): string | undefined {
  return /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get('link') ?? '')?.[1];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where tokens come from: a command that prints one, `ECP_TOKEN`, or in a GitHub Actions job with `id-token: write` GitHub itself.
 * @see https://docs.github.com/en/actions/reference/security/oidc
 */
export function tokenSource(env: Environment, command: string | undefined): TokenSource {
  if (command !== undefined) return async () => (await promisify(execFile)('/bin/sh', ['-c', command])).stdout.trim();
  const {
    ECP_TOKEN: given,
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
    ECP_AUDIENCE: audience,
  } = env;
  if (given !== undefined) return async () => given;
  if (url !== undefined && secret !== undefined && audience !== undefined)
    return () => tokenOfJob(url, secret, audience);
  throw new Error(
    'A token is needed: give --token-command, or set ECP_TOKEN, or run in a GitHub Actions job with id-token: write and ECP_AUDIENCE set.',
  );
}

async function tokenOfJob(url: string, secret: string, audience: string): Promise<string> {
  const response = await fetch(`${url}&audience=${encodeURIComponent(audience)}`, {
    headers: { authorization: `bearer ${secret}` },
  });
  const { value } = (await response.json()) as { value?: string };
  if (value === undefined) throw new Error(`GitHub gave no token: ${response.status}.`);
  return value;
}
