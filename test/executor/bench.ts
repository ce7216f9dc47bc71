import type { Test } from 'tap';
import { handleEvent } from '../../src/executor/handle.ts';
import type { ExecutorLimits, ExecutorParts } from '../../src/executor/parts.ts';
import type { EmbeddedAwsRequest, HookAnswer } from '../../src/local/aws/hooks.ts';
import type { EmbeddedAwsOptions } from '../../src/local/aws/server.ts';
import { restRequest, type Asked } from '../support/both-faces.ts';
import { anotherInstance } from '../support/instances.ts';
import { breaches, watchWrites, type AwsWrite } from '../support/invariants.ts';
import { PATIENT_LIMITS } from '../support/patience.ts';
import { idOf, KOA, PLATFORM, startService, type Answer, type Service } from '../support/service.ts';

type Fault = (request: EmbeddedAwsRequest) => HookAnswer | undefined | void | Promise<HookAnswer | undefined | void>;

/** A service whose executor runs only when it is rung, with the department KOA. */
export interface Bench {
  readonly service: Service;
  readonly writes: AwsWrite[];
  /** Does something to AWS that is not the executor's doing. */
  readonly aside: (act: () => Promise<unknown>) => Promise<void>;
  readonly faults: { before?: Fault | undefined; after?: Fault | undefined };
  /** Asks and is answered 202 at once: nobody has rung yet. */
  readonly accept: (id: string, asked: Asked) => Promise<{ readonly operation: string; readonly answer: Answer }>;
  /** Rings once; says whether something is left. */
  readonly ring: (changes?: Partial<ExecutorParts>) => Promise<'done' | 'left'>;
  readonly operation: (id: string) => Promise<Answer['body']>;
  readonly breaches: () => Promise<readonly string[]>;
}

export async function startBench(t: Test, options: Partial<EmbeddedAwsOptions> = {}): Promise<Bench> {
  const { hooks, writes } = watchWrites();
  const faults: Bench['faults'] = {};
  const service = await startService(t, {
    executor: false,
    aws: {
      ...options,
      hooks: {
        before: (request) => {
          void hooks.before?.(request);
          return faults.before?.(request);
        },
        after: (request) => faults.after?.(request),
      },
    },
  });
  const { embedded } = service;
  const hasty = anotherInstance(t, service, { waitMilliseconds: 0 });
  const ring: Bench['ring'] = async (changes = {}) => {
    const left = await handleEvent({ ...embedded.executor, ...changes }, { department: 'koa' }).then(
      () => 'done' as const,
      (error: Error) => {
        if (!error.message.startsWith('Operations are left')) throw error;
        return 'left' as const;
      },
    );
    return left;
  };
  const bench: Bench = {
    service,
    writes,
    faults,
    ring,
    aside: async (act) => {
      const before = writes.length;
      await act();
      writes.length = before;
    },
    accept: async (id, asked) => {
      const answer = await hasty.ask(PLATFORM, restRequest(id, asked));
      if (answer.status !== 202) throw new Error(`${id}: ${answer.status} ${answer.text}`);
      return { operation: answer.body.operation.id as string, answer };
    },
    operation: async (id) => (await service.ask(PLATFORM, { path: `/v1/operations/${id}` })).body,
    breaches: () => breaches(embedded, writes),
  };
  await bench.accept('createDepartment', {
    id: 'koa',
    displayName: 'KOA',
    managers: [{ repositoryId: idOf(KOA.repository), ref: 'refs/heads/main' }],
  });
  await ring();
  const organisation = await service.ask(
    PLATFORM,
    restRequest('putOrganisation', { department: 'koa', login: 'JPPOL-KOA', ownerId: idOf('JPPOL-KOA') }),
  );
  if (organisation.status !== 201) throw new Error(organisation.text);
  return bench;
}

export function limits(changes: Partial<ExecutorLimits>): { readonly limits: ExecutorLimits } {
  return { limits: { ...PATIENT_LIMITS, ...changes } };
}

export function fault(code: string, status = 400): HookAnswer {
  return { kind: 'fault', code, status, message: `As the test wants it: ${code}` };
}

export const EXACT = {
  department: 'koa',
  organisation: 'JPPOL-KOA',
  repository: 'GiftCardService',
  repositoryId: idOf(KOA.repository),
};
export const ACCESS = { department: 'koa', ifMatch: '*' };
export const ACCOUNT = [{ description: 'aws-koa-dev', accountId: '931827427725', canWrite: false }];
