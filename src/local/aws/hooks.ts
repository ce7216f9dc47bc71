import type { ServiceName } from './actions.ts';

/** A request that is about to be carried out, or was. */
export interface EmbeddedAwsRequest {
  readonly service: ServiceName;
  /** For example `SetRepositoryPolicy`. */
  readonly operation: string;
  readonly input: object;
  /** ARN of the caller; `anonymous` for an unsigned request. */
  readonly callerArn: string;
}

/**
 * What a hook may answer in place of the server: an AWS error, a result, or a cut connection. Answering nothing lets the
 * request go on. A hook that throws makes the answer an internal failure.
 */
export type HookAnswer =
  | { readonly kind: 'fault'; readonly code: string; readonly status: number; readonly message: string }
  | { readonly kind: 'output'; readonly output: object }
  | { readonly kind: 'disconnect' };

/** A hook: it may wait, answer, or leave the request alone. */
export type Hook = (
  request: EmbeddedAwsRequest,
) => HookAnswer | undefined | void | Promise<HookAnswer | undefined | void>;

/** Where faults are injected: before a request has any effect, and between its effect and its answer. */
export interface EmbeddedAwsHooks {
  readonly before?: Hook;
  readonly after?: Hook;
}
