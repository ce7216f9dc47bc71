import { ECRClient } from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';
import { loadOnce } from '../lib/load-once.ts';
import { clientOptions, type AwsOptions } from './client-options.ts';
import { nameOf } from './fault.ts';

/** The clients by which the executor writes. */
export interface AwsClients {
  readonly ecr: ECRClient;
  readonly iam: IAMClient;
}

/** Connects to ECR and IAM. */
export function connectAws(options: AwsOptions): AwsClients {
  const common = clientOptions(options);
  const ecr = new ECRClient(common);
  const iam = new IAMClient(common);
  retryNoQuota(ecr.config);
  retryNoQuota(iam.config);
  return { ecr, iam };
}

type RetryConfig = Pick<ECRClient['config'], 'retryStrategy'>;
type RetryStrategy = Awaited<ReturnType<RetryConfig['retryStrategy']>>;

/**
 * The SDK takes every `LimitExceededException` for throttling: it would ask again, and hold all other calls of the client
 * back. Of ECR and IAM it is a quota of the account, which waiting does not raise.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
 */
function retryNoQuota(config: RetryConfig): void {
  const theirs = config.retryStrategy;
  config.retryStrategy = loadOnce(async () => withoutQuotas(await theirs()));
}

function withoutQuotas(strategy: RetryStrategy): RetryStrategy {
  if (!('refreshRetryTokenForRetry' in strategy)) return strategy;
  return {
    acquireInitialRetryToken: (scope) => strategy.acquireInitialRetryToken(scope),
    recordSuccess: (token) => strategy.recordSuccess(token),
    refreshRetryTokenForRetry: async (token, info) => {
      if (nameOf(info.error).startsWith('LimitExceeded')) throw info.error;
      return strategy.refreshRetryTokenForRetry(token, info);
    },
  };
}
