import { createHash } from 'node:crypto';
import type { Account } from '../account.ts';
import type { ManagedPolicy } from '../entities.ts';

const READ = [
  'ecr:GetAuthorizationToken',
  'ecr:BatchCheckLayerAvailability',
  'ecr:GetDownloadUrlForLayer',
  'ecr:GetRepositoryPolicy',
  'ecr:DescribeRepositories',
  'ecr:ListImages',
  'ecr:DescribeImages',
  'ecr:BatchGetImage',
  'ecr:GetLifecyclePolicy',
  'ecr:GetLifecyclePolicyPreview',
  'ecr:ListTagsForResource',
  'ecr:DescribeImageScanFindings',
];
const WRITE = ['ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload', 'ecr:PutImage'];

/** Actions, and when the version that applies was made. */
interface Published {
  readonly actions: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

/**
 * Of AWS's own managed policies, those by which a role pulls or pushes.
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEC2ContainerRegistryPowerUser.html
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEC2ContainerRegistryReadOnly.html
 */
const PUBLISHED: Readonly<Record<string, Published>> = {
  AmazonEC2ContainerRegistryPowerUser: {
    actions: [...READ, ...WRITE],
    createdAt: '2015-12-21T17:05:00.000Z',
    updatedAt: '2019-12-10T20:48:00.000Z',
  },
  AmazonEC2ContainerRegistryReadOnly: {
    actions: READ,
    createdAt: '2015-12-21T17:04:00.000Z',
    updatedAt: '2019-12-10T20:56:00.000Z',
  },
};

/** The version of both that applies; the earlier ones are not here. */
const VERSION = 3;

/** AWS's own managed policies that there are here, in the order of their ARNs. */
export function awsPolicies({ partition }: Pick<Account, 'partition'>): readonly ManagedPolicy[] {
  return Object.entries(PUBLISHED).map(([name, { actions, createdAt, updatedAt }]) => {
    const document = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
    });
    return {
      id: `ANPA${createHash('sha256').update(name).digest('hex').slice(0, 16).toUpperCase()}`,
      name,
      path: '/',
      arn: `arn:${partition.id}:iam::aws:policy/${name}`,
      document,
      createdAt,
      tags: {},
      versions: {
        all: [{ number: VERSION, document, createdAt: updatedAt }],
        default: VERSION,
        last: VERSION,
        updatedAt,
      },
    };
  });
}
