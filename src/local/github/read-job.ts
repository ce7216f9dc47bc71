import type { TokenRequest } from './job.ts';

const texts = ['ref', 'environment', 'event', 'ownerId', 'repositoryId', 'sub', 'audience'] as const;
const names: ReadonlySet<string> = new Set([...texts, 'repository', 'pullRequest', 'form', 'claims']);

/** A token request from the JSON that a developer sent, or what is wrong with it. */
export function readJob(json: string): { readonly request: TokenRequest } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { problem: 'The body must be a JSON object that describes a job.' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: 'The body must be a JSON object that describes a job.' };
  }
  const job = value as Readonly<Record<string, unknown>>;
  const problem = problemOf(job);
  // All that a request has was looked at: its type follows.
  return problem === undefined ? { request: job as unknown as TokenRequest } : { problem };
}

function problemOf(job: Readonly<Record<string, unknown>>): string | undefined {
  const unknown = Object.keys(job).find((name) => !names.has(name));
  if (unknown !== undefined) return `A job has no ${JSON.stringify(unknown)}; it has ${[...names].join(', ')}.`;
  if (typeof job['repository'] !== 'string' || !/^[^/]+\/[^/]+$/.test(job['repository'])) {
    return 'repository must be OWNER/NAME.';
  }
  const notText = texts.find((name) => job[name] !== undefined && typeof job[name] !== 'string');
  if (notText !== undefined) return `${notText} must be a string.`;
  if (job['pullRequest'] !== undefined && !Number.isSafeInteger(job['pullRequest'])) {
    return 'pullRequest must be the number of a pull request.';
  }
  if (job['form'] !== undefined && job['form'] !== 'classic' && job['form'] !== 'immutable') {
    return 'form must be classic or immutable.';
  }
  const claims = job['claims'];
  if (claims !== undefined && (typeof claims !== 'object' || claims === null || Array.isArray(claims))) {
    return 'claims must be an object.';
  }
  return undefined;
}
