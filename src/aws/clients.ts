import { ECRClient } from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';
import { clientOptions, type AwsOptions } from './client-options.ts';

/** The clients by which the executor writes. */
export interface AwsClients {
  readonly ecr: ECRClient;
  readonly iam: IAMClient;
}

/** Connects to ECR and IAM. */
export function connectAws(options: AwsOptions): AwsClients {
  const common = clientOptions(options);
  return { ecr: new ECRClient(common), iam: new IAMClient(common) };
}
