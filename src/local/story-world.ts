import { KOA_JOB, PLATFORM_JOB } from './example.ts';
import type { Embedded } from './embedded.ts';
import type { Job } from './github/job.ts';
import type { Place } from './push-image.ts';

/** What the story's steps share: the API as its callers reach it, tokens, the embedded AWS, and what they learned. */
export interface World {
  readonly embedded: Embedded;
  readonly place: Place;
  /** Asks the API as a job does. @throws Error when the status is not the expected one */
  readonly ask: (
    job: Job,
    method: string,
    path: string,
    expected: number,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Json>;
  /** A token as a workflow of this job asks GitHub for it. */
  readonly tokenFor: (job: Job, audience: string) => Promise<string>;
  readonly learned: { grant: string; roleArn: string };
}

// An answer of the API; the story looks into many shapes.
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

export const EDP: Job = PLATFORM_JOB;
export const KOA: Job = KOA_JOB;

/** The world of a story that has just begun. */
export function newWorld(embedded: Embedded, url: string): World {
  const tokenFor = (job: Job, audience: string): Promise<string> => embedded.issuer.mintToken({ ...job, audience });
  return {
    embedded,
    place: { endpoint: embedded.aws.endpoint, region: embedded.config.aws.region },
    tokenFor,
    learned: { grant: '', roleArn: '' },
    ask: async (job, method, path, expected, body, headers = {}) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await tokenFor(job, embedded.config.audience)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status !== expected)
        throw new Error(`${method} ${path} answered ${response.status}, not ${expected}: ${text}`);
      return response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text;
    },
  };
}
