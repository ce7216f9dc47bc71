import { connectAws } from '../aws/clients.ts';
import { newId } from '../lib/new-id.ts';
import { pause } from '../lib/pause.ts';
import { SILENT, type Log } from '../lib/log.ts';
import type { Config } from '../config/config.ts';
import { awsOptions, tablesOf, type Endpoints } from './connections.ts';
import { EXECUTOR_LIMITS, type ExecutorLimits, type ExecutorParts } from '../executor/parts.ts';

/** The executor's parts: the ledger, and the clients that write to ECR and IAM. */
export function composeExecutor(
  config: Config,
  {
    endpoints = {},
    log = SILENT,
    limits = EXECUTOR_LIMITS,
  }: { readonly endpoints?: Endpoints; readonly log?: Log; readonly limits?: ExecutorLimits },
): ExecutorParts {
  return {
    tables: tablesOf(config, endpoints),
    aws: connectAws(awsOptions(config, endpoints)),
    settings: config.aws,
    usesAccountQuotas: config.usesAccountQuotas,
    now: () => new Date(),
    monotonic: () => performance.now(),
    newId,
    pause,
    log,
    limits,
  };
}
