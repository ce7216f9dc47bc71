import type { GitHubId } from './ids.ts';

/** A workflow of the platform team: an exact repository by id, narrowed to a ref or an environment. */
export interface PlatformCaller {
  readonly repositoryId: GitHubId;
  readonly ref?: string;
  readonly environment?: string;
}
