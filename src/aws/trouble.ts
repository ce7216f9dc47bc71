/** Refusals that say only that there was too much at once. */
const THROTTLING: readonly string[] = [
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'ProvisionedThroughputExceededException',
];

/**
 * Whether an exception of the SDK means that AWS cannot be reached, has troubles of its own or is too busy, so that the same may
 * succeed later. What AWS refuses otherwise is a fault of the request or of the deployment.
 * @see https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-smithy-smithy-client/Class/ServiceException/
 */
export function isTroubleOfAws(error: unknown): boolean {
  if (!(error instanceof Error) || !('$metadata' in error)) return false;
  const { $fault: fault } = error as { readonly $fault?: unknown };
  return fault !== 'client' || THROTTLING.includes(error.name);
}
