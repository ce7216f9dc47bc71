import type * as EcrSdk from '@aws-sdk/client-ecr';
import { loadOnce } from '../lib/load-once.ts';
import type { AwsOptions } from './client-options.ts';
import { nameOf } from './fault.ts';

/** A look at the registry for the API, which may read it and never changes it. */
export interface RegistryLook {
  /** Whether ECR has a repository of this name, whoever made it. */
  readonly exists: (name: string) => Promise<boolean>;
  /** How many images a repository holds, counted up to `atMost`. */
  readonly countImages: (name: string, atMost: number) => Promise<number>;
}

/** Looks at ECR; the SDK's client is loaded when it is first needed, because most requests need none. */
export function registryLook(options: AwsOptions): RegistryLook {
  const connected = loadOnce(async () => {
    const [sdk, { clientOptions }] = await Promise.all([import('@aws-sdk/client-ecr'), import('./client-options.ts')]);
    return { sdk, ecr: new sdk.ECRClient(clientOptions(options)) };
  });
  return {
    exists: async (name) => {
      const { sdk, ecr } = await connected();
      return orMissing(
        ecr.send(new sdk.DescribeRepositoriesCommand({ repositoryNames: [name] })).then(() => true),
        false,
      );
    },
    countImages: async (name, atMost) => {
      const { sdk, ecr } = await connected();
      return orMissing(count(sdk, ecr, name, atMost), 0);
    },
  };
}

async function count(
  sdk: typeof EcrSdk,
  ecr: EcrSdk.ECRClient,
  repositoryName: string,
  atMost: number,
): Promise<number> {
  let images = 0;
  for await (const page of sdk.paginateListImages({ client: ecr, pageSize: 1000 }, { repositoryName })) {
    images += page.imageIds?.length ?? 0;
    if (images >= atMost) return atMost;
  }
  return images;
}

async function orMissing<T>(request: Promise<T>, missing: T): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (nameOf(error) === 'RepositoryNotFoundException') return missing;
    throw error;
  }
}
