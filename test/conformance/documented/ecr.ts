import { createHash } from 'node:crypto';
import { ecrError, pageOf, shows, type Asked, type Documented, type Known, type Row } from './row.ts';

const ACCOUNT = '111122223333';
const NAME = 'team/app';
const ARN = `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/${NAME}`;
const NONE = `sha256:${'0'.repeat(64)}`;
const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

function ask(operation: string, input: object = {}): Asked {
  return { service: 'ecr', operation, input };
}

/** A row about one operation; its page is the operation's. */
function row(
  what: string,
  operation: string,
  input: object | ((known: Known) => object),
  answer: Documented,
  given: Row['given'] = [],
): Row {
  const call =
    typeof input === 'function' ? (known: Known) => ask(operation, input(known) as object) : ask(operation, input);
  return { id: `ecr/${operation}: ${what}`, given, call, answer, page: pageOf('ecr', operation) };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

const REPOSITORY = ask('CreateRepository', { repositoryName: NAME });
const IMMUTABLE = ask('CreateRepository', { repositoryName: NAME, imageTagMutability: 'IMMUTABLE' });
const ABSENT = ecrError('RepositoryNotFoundException');
const INVALID = ecrError('InvalidParameterException');
const TAGS_50 = Array.from({ length: 50 }, (_, index) => ({ Key: `key-${index}`, Value: 'value' }));
const BEGUN = ask('InitiateLayerUpload', { repositoryName: NAME });
const PULL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Sid: 'Pull', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'ecr:BatchGetImage' },
  ],
});
const LIFECYCLE = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: 'Keep the newest thirty images, and no more than those',
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 30 },
      action: { type: 'expire' },
    },
  ],
});

/** The upload that a call before began. */
function uploadOf({ given }: Known): unknown {
  return given.findLast(({ body }) => typeof body['uploadId'] === 'string')?.body['uploadId'];
}

function part(text: string, first = 0) {
  return (known: Known): Asked =>
    ask('UploadLayerPart', {
      repositoryName: NAME,
      uploadId: uploadOf(known),
      partFirstByte: first,
      partLastByte: first + text.length - 1,
      layerPartBlob: Buffer.from(text).toString('base64'),
    });
}

function completed(digest: string) {
  return (known: Known): Asked =>
    ask('CompleteLayerUpload', { repositoryName: NAME, uploadId: uploadOf(known), layerDigests: [digest] });
}

/** The calls that upload a layer. */
function layer(text: string): Row['given'] {
  return [BEGUN, part(text), completed(digestOf(text))];
}

function manifestOf(config: string, content: string): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: IMAGE,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [
      { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(content), size: content.length },
    ],
  });
}

const LAYERS: Row['given'] = [...layer('{}'), ...layer('one'), ...layer('two')];
const ONE = manifestOf('{}', 'one');
const TWO = manifestOf('{}', 'two');
const PUSHED: Row['given'] = [
  REPOSITORY,
  ...LAYERS,
  ask('PutImage', { repositoryName: NAME, imageManifest: ONE, imageTag: 'v1' }),
];
const INDEX_OF_NONE = JSON.stringify({
  schemaVersion: 2,
  mediaType: INDEX,
  manifests: [{ mediaType: IMAGE, digest: NONE, size: 2, platform: { architecture: 'amd64', os: 'linux' } }],
});

const REPOSITORIES: readonly Row[] = [
  row(
    'of a new name',
    'CreateRepository',
    { repositoryName: NAME },
    shows({
      repository: {
        repositoryName: NAME,
        repositoryArn: ARN,
        registryId: ACCOUNT,
        repositoryUri: `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/${NAME}`,
        createdAt: Number,
        imageTagMutability: 'MUTABLE',
        imageScanningConfiguration: { scanOnPush: false },
        encryptionConfiguration: { encryptionType: 'AES256' },
      },
    }),
  ),
  row(
    'of a name that is taken',
    'CreateRepository',
    { repositoryName: NAME },
    ecrError('RepositoryAlreadyExistsException'),
    [REPOSITORY],
  ),
  row('of a name in capitals', 'CreateRepository', { repositoryName: 'Team/App' }, INVALID),
  row('of a name of one letter', 'CreateRepository', { repositoryName: 'a' }, INVALID),
  row('of a name of 257 letters', 'CreateRepository', { repositoryName: 'a'.repeat(257) }, INVALID),
  row('without a name', 'CreateRepository', {}, INVALID),
  row(
    'with 51 tags',
    'CreateRepository',
    { repositoryName: NAME, tags: [...TAGS_50, { Key: 'one', Value: 'more' }] },
    ecrError('TooManyTagsException'),
  ),
  row(
    'with a tag whose key is 129 letters long',
    'CreateRepository',
    { repositoryName: NAME, tags: [{ Key: 'k'.repeat(129), Value: '' }] },
    ecrError('InvalidTagParameterException'),
  ),
  row(
    'with tags that cannot move',
    'CreateRepository',
    { repositoryName: NAME, imageTagMutability: 'IMMUTABLE' },
    shows({
      repository: { imageTagMutability: 'IMMUTABLE' },
    }),
  ),
  row(
    'with exclusions of immutability',
    'CreateRepository',
    {
      repositoryName: NAME,
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest*' }],
    },
    shows({
      repository: {
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest*' }],
      },
    }),
  ),
  row(
    'with a mutability that does not exist',
    'CreateRepository',
    { repositoryName: NAME, imageTagMutability: 'SOMETIMES' },
    INVALID,
  ),
  row(
    'with scans on push',
    'CreateRepository',
    { repositoryName: NAME, imageScanningConfiguration: { scanOnPush: true } },
    shows({
      repository: { imageScanningConfiguration: { scanOnPush: true } },
    }),
  ),
  row(
    'with a key that is not there',
    'CreateRepository',
    {
      repositoryName: NAME,
      encryptionConfiguration: { encryptionType: 'KMS', kmsKey: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/none` },
    },
    ecrError('KmsException'),
  ),
  row('of all', 'DescribeRepositories', {}, shows({ repositories: [{ repositoryName: NAME, repositoryArn: ARN }] }), [
    REPOSITORY,
  ]),
  row('of one that is not there', 'DescribeRepositories', { repositoryNames: ['none'] }, ABSENT),
  row('by pages', 'DescribeRepositories', { maxResults: 1 }, shows({ repositories: [Object], nextToken: String }), [
    REPOSITORY,
    ask('CreateRepository', { repositoryName: 'team/other' }),
  ]),
  row('by pages of 1,001', 'DescribeRepositories', { maxResults: 1001 }, INVALID),
  row('from a token that nobody gave', 'DescribeRepositories', { nextToken: 'nonsense' }, INVALID),
  row(
    'with names and a size of pages at once',
    'DescribeRepositories',
    { repositoryNames: [NAME], maxResults: 1 },
    INVALID,
    [REPOSITORY],
  ),
  row(
    'of an empty one',
    'DeleteRepository',
    { repositoryName: NAME },
    shows({ repository: { repositoryName: NAME } }),
    [REPOSITORY],
  ),
  row(
    'of one with images',
    'DeleteRepository',
    { repositoryName: NAME },
    ecrError('RepositoryNotEmptyException'),
    PUSHED,
  ),
  row(
    'of one with images, by force',
    'DeleteRepository',
    { repositoryName: NAME, force: true },
    shows({
      repository: { repositoryName: NAME },
    }),
    PUSHED,
  ),
  row('of one that is not there', 'DeleteRepository', { repositoryName: 'none' }, ABSENT),
  row(
    'to immutable',
    'PutImageTagMutability',
    { repositoryName: NAME, imageTagMutability: 'IMMUTABLE' },
    shows({
      registryId: ACCOUNT,
      repositoryName: NAME,
      imageTagMutability: 'IMMUTABLE',
    }),
    [REPOSITORY],
  ),
  row(
    'of one that is not there',
    'PutImageTagMutability',
    { repositoryName: 'none', imageTagMutability: 'IMMUTABLE' },
    ABSENT,
  ),
  row(
    'to on',
    'PutImageScanningConfiguration',
    { repositoryName: NAME, imageScanningConfiguration: { scanOnPush: true } },
    shows({
      imageScanningConfiguration: { scanOnPush: true },
    }),
    [REPOSITORY],
  ),
  row(
    'of one that is not there',
    'PutImageScanningConfiguration',
    {
      repositoryName: 'none',
      imageScanningConfiguration: { scanOnPush: true },
    },
    ABSENT,
  ),
];

const POLICIES: readonly Row[] = [
  row(
    'of one that is there',
    'SetRepositoryPolicy',
    { repositoryName: NAME, policyText: PULL },
    shows({
      registryId: ACCOUNT,
      repositoryName: NAME,
      policyText: /Pull/,
    }),
    [REPOSITORY],
  ),
  row('of one that is not there', 'SetRepositoryPolicy', { repositoryName: 'none', policyText: PULL }, ABSENT),
  row('that is no policy', 'SetRepositoryPolicy', { repositoryName: NAME, policyText: '{"Version": 1' }, INVALID, [
    REPOSITORY,
  ]),
  row(
    'that keeps its author from the next, without force',
    'SetRepositoryPolicy',
    {
      repositoryName: NAME,
      policyText: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Sid: 'Out', Effect: 'Deny', Principal: '*', Action: 'ecr:SetRepositoryPolicy' }],
      }),
    },
    INVALID,
    [REPOSITORY],
  ),
  row(
    'of one that has one',
    'GetRepositoryPolicy',
    { repositoryName: NAME },
    shows({ repositoryName: NAME, policyText: /Pull/ }),
    [REPOSITORY, ask('SetRepositoryPolicy', { repositoryName: NAME, policyText: PULL })],
  ),
  row(
    'of one that has none',
    'GetRepositoryPolicy',
    { repositoryName: NAME },
    ecrError('RepositoryPolicyNotFoundException'),
    [REPOSITORY],
  ),
  row('of one that is not there', 'GetRepositoryPolicy', { repositoryName: 'none' }, ABSENT),
  row(
    'of one that has one',
    'DeleteRepositoryPolicy',
    { repositoryName: NAME },
    shows({ repositoryName: NAME, policyText: /Pull/ }),
    [REPOSITORY, ask('SetRepositoryPolicy', { repositoryName: NAME, policyText: PULL })],
  ),
  row(
    'of one that has none',
    'DeleteRepositoryPolicy',
    { repositoryName: NAME },
    ecrError('RepositoryPolicyNotFoundException'),
    [REPOSITORY],
  ),
  row(
    'of one that is there',
    'PutLifecyclePolicy',
    { repositoryName: NAME, lifecyclePolicyText: LIFECYCLE },
    shows({
      registryId: ACCOUNT,
      repositoryName: NAME,
      lifecyclePolicyText: /rulePriority/,
    }),
    [REPOSITORY],
  ),
  row(
    'of fewer than 100 characters',
    'PutLifecyclePolicy',
    { repositoryName: NAME, lifecyclePolicyText: '{"rules":[]}' },
    INVALID,
    [REPOSITORY],
  ),
  row(
    'that is no lifecycle policy',
    'PutLifecyclePolicy',
    { repositoryName: NAME, lifecyclePolicyText: PULL },
    INVALID,
    [REPOSITORY],
  ),
  row(
    'of one that is not there',
    'PutLifecyclePolicy',
    { repositoryName: 'none', lifecyclePolicyText: LIFECYCLE },
    ABSENT,
  ),
  row(
    'of one that has one',
    'GetLifecyclePolicy',
    { repositoryName: NAME },
    shows({ lifecyclePolicyText: /rulePriority/ }),
    [REPOSITORY, ask('PutLifecyclePolicy', { repositoryName: NAME, lifecyclePolicyText: LIFECYCLE })],
  ),
  row(
    'of one that has none',
    'GetLifecyclePolicy',
    { repositoryName: NAME },
    ecrError('LifecyclePolicyNotFoundException'),
    [REPOSITORY],
  ),
  row(
    'of one that has one',
    'DeleteLifecyclePolicy',
    { repositoryName: NAME },
    shows({ lifecyclePolicyText: /rulePriority/ }),
    [REPOSITORY, ask('PutLifecyclePolicy', { repositoryName: NAME, lifecyclePolicyText: LIFECYCLE })],
  ),
  row(
    'of one that has none',
    'DeleteLifecyclePolicy',
    { repositoryName: NAME },
    ecrError('LifecyclePolicyNotFoundException'),
    [REPOSITORY],
  ),
  row(
    'of one that has none',
    'GetLifecyclePolicyPreview',
    { repositoryName: NAME },
    ecrError('LifecyclePolicyPreviewNotFoundException'),
    [REPOSITORY],
  ),
  row(
    'of one that has none',
    'StartLifecyclePolicyPreview',
    { repositoryName: NAME },
    ecrError('LifecyclePolicyNotFoundException'),
    [REPOSITORY],
  ),
  row('with one', 'TagResource', { resourceArn: ARN, tags: [{ Key: 'a', Value: 'b' }] }, shows(), [REPOSITORY]),
  row('of one that is not there', 'TagResource', { resourceArn: ARN, tags: [{ Key: 'a', Value: 'b' }] }, ABSENT),
  row(
    'beyond 50',
    'TagResource',
    { resourceArn: ARN, tags: [{ Key: 'one', Value: 'more' }] },
    ecrError('TooManyTagsException'),
    [ask('CreateRepository', { repositoryName: NAME, tags: TAGS_50 })],
  ),
  row('of one that is there', 'UntagResource', { resourceArn: ARN, tagKeys: ['a'] }, shows(), [
    ask('CreateRepository', { repositoryName: NAME, tags: [{ Key: 'a', Value: 'b' }] }),
  ]),
  row('of a repository that is not there', 'UntagResource', { resourceArn: ARN, tagKeys: ['a'] }, ABSENT),
  row('of one that has one', 'ListTagsForResource', { resourceArn: ARN }, shows({ tags: [{ Key: 'a', Value: 'b' }] }), [
    ask('CreateRepository', { repositoryName: NAME, tags: [{ Key: 'a', Value: 'b' }] }),
  ]),
  row('of one that is not there', 'ListTagsForResource', { resourceArn: ARN }, ABSENT),
  row('of what is no ARN', 'ListTagsForResource', { resourceArn: 'nonsense' }, INVALID),
];

const LAYER_ROWS: readonly Row[] = [
  row(
    'for its caller',
    'GetAuthorizationToken',
    {},
    shows({
      authorizationData: [
        {
          authorizationToken: /^QVdTO/,
          expiresAt: Number,
          proxyEndpoint: `https://${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com`,
        },
      ],
    }),
  ),
  row(
    'of one that is not there',
    'BatchCheckLayerAvailability',
    { repositoryName: NAME, layerDigests: [NONE] },
    shows({
      layers: [{ layerDigest: NONE, layerAvailability: 'UNAVAILABLE' }],
    }),
    [REPOSITORY],
  ),
  row(
    'of one that is there',
    'BatchCheckLayerAvailability',
    { repositoryName: NAME, layerDigests: [digestOf('one')] },
    shows({
      layers: [{ layerDigest: digestOf('one'), layerAvailability: 'AVAILABLE', layerSize: 3 }],
    }),
    [REPOSITORY, ...layer('one')],
  ),
  row(
    'of what is no digest',
    'BatchCheckLayerAvailability',
    { repositoryName: NAME, layerDigests: ['nonsense'] },
    shows({
      failures: [{ layerDigest: 'nonsense', failureCode: 'InvalidLayerDigest' }],
    }),
    [REPOSITORY],
  ),
  row(
    'in a repository that is not there',
    'BatchCheckLayerAvailability',
    { repositoryName: 'none', layerDigests: [NONE] },
    ABSENT,
  ),
  row(
    'in a repository that is there',
    'InitiateLayerUpload',
    { repositoryName: NAME },
    shows({ uploadId: String, partSize: Number }),
    [REPOSITORY],
  ),
  row('in a repository that is not there', 'InitiateLayerUpload', { repositoryName: 'none' }, ABSENT),
  {
    ...row(
      'of the first bytes',
      'UploadLayerPart',
      {},
      shows({ repositoryName: NAME, uploadId: String, lastByteReceived: 2 }),
      [REPOSITORY, BEGUN],
    ),
    call: part('one'),
  },
  {
    ...row('of bytes that do not follow', 'UploadLayerPart', {}, ecrError('InvalidLayerPartException'), [
      REPOSITORY,
      BEGUN,
    ]),
    call: part('one', 7),
  },
  row(
    'of an upload that nobody began',
    'UploadLayerPart',
    {
      repositoryName: NAME,
      uploadId: '00000000-0000-4000-8000-000000000000',
      partFirstByte: 0,
      partLastByte: 2,
      layerPartBlob: 'b25l',
    },
    ecrError('UploadNotFoundException'),
    [REPOSITORY],
  ),
  {
    ...row(
      'of all that came',
      'CompleteLayerUpload',
      {},
      shows({ repositoryName: NAME, layerDigest: digestOf('one') }),
      [REPOSITORY, BEGUN, part('one')],
    ),
    call: completed(digestOf('one')),
  },
  {
    ...row('with the digest of something else', 'CompleteLayerUpload', {}, ecrError('InvalidLayerException'), [
      REPOSITORY,
      BEGUN,
      part('one'),
    ]),
    call: completed(digestOf('two')),
  },
  {
    ...row('of nothing', 'CompleteLayerUpload', {}, ecrError('EmptyUploadException'), [REPOSITORY, BEGUN]),
    call: completed(digestOf('')),
  },
  {
    ...row('of a layer that is there', 'CompleteLayerUpload', {}, ecrError('LayerAlreadyExistsException'), [
      REPOSITORY,
      ...layer('one'),
      BEGUN,
      part('one'),
    ]),
    call: completed(digestOf('one')),
  },
  {
    ...row(
      'of a part that is too small before another',
      'CompleteLayerUpload',
      {},
      ecrError('LayerPartTooSmallException'),
      [REPOSITORY, BEGUN, part('one'), part('two', 3)],
    ),
    call: completed(digestOf('onetwo')),
  },
  row(
    'of an upload that nobody began',
    'CompleteLayerUpload',
    {
      repositoryName: NAME,
      uploadId: '00000000-0000-4000-8000-000000000000',
      layerDigests: [NONE],
    },
    ecrError('UploadNotFoundException'),
    [REPOSITORY],
  ),
  row(
    'of one that is there',
    'GetDownloadUrlForLayer',
    { repositoryName: NAME, layerDigest: digestOf('one') },
    shows({
      downloadUrl: /^https?:/,
      layerDigest: digestOf('one'),
    }),
    [REPOSITORY, ...layer('one')],
  ),
  row(
    'of one that is not there',
    'GetDownloadUrlForLayer',
    { repositoryName: NAME, layerDigest: NONE },
    ecrError('LayersNotFoundException'),
    [REPOSITORY],
  ),
];

const IMAGES: readonly Row[] = [
  row(
    'of layers that are there',
    'PutImage',
    { repositoryName: NAME, imageManifest: ONE, imageTag: 'v1' },
    shows({
      image: { registryId: ACCOUNT, repositoryName: NAME, imageId: { imageDigest: digestOf(ONE), imageTag: 'v1' } },
    }),
    [REPOSITORY, ...LAYERS],
  ),
  row(
    'of layers that are not there',
    'PutImage',
    { repositoryName: NAME, imageManifest: ONE, imageTag: 'v1' },
    ecrError('LayersNotFoundException'),
    [REPOSITORY],
  ),
  row(
    'of the same image and tag again',
    'PutImage',
    { repositoryName: NAME, imageManifest: ONE, imageTag: 'v1' },
    ecrError('ImageAlreadyExistsException'),
    PUSHED,
  ),
  row(
    'of another image by a tag that cannot move',
    'PutImage',
    { repositoryName: NAME, imageManifest: TWO, imageTag: 'v1' },
    ecrError('ImageTagAlreadyExistsException'),
    [IMMUTABLE, ...LAYERS, ask('PutImage', { repositoryName: NAME, imageManifest: ONE, imageTag: 'v1' })],
  ),
  row(
    'of another image by a tag that can move',
    'PutImage',
    { repositoryName: NAME, imageManifest: TWO, imageTag: 'v1' },
    shows({
      image: { imageId: { imageDigest: digestOf(TWO), imageTag: 'v1' } },
    }),
    PUSHED,
  ),
  row(
    'with the digest of something else',
    'PutImage',
    { repositoryName: NAME, imageManifest: ONE, imageDigest: NONE },
    ecrError('ImageDigestDoesNotMatchException'),
    [REPOSITORY, ...LAYERS],
  ),
  row(
    'of an index of images that are not there',
    'PutImage',
    {
      repositoryName: NAME,
      imageManifest: INDEX_OF_NONE,
      imageManifestMediaType: INDEX,
      imageTag: 'v1',
    },
    ecrError('ReferencedImagesNotFoundException'),
    [REPOSITORY],
  ),
  row('in a repository that is not there', 'PutImage', { repositoryName: 'none', imageManifest: ONE }, ABSENT),
  row(
    'by its tag',
    'BatchGetImage',
    { repositoryName: NAME, imageIds: [{ imageTag: 'v1' }] },
    shows({
      images: [{ imageId: { imageDigest: digestOf(ONE), imageTag: 'v1' }, imageManifest: ONE }],
    }),
    PUSHED,
  ),
  row(
    'of one that is not there',
    'BatchGetImage',
    { repositoryName: NAME, imageIds: [{ imageTag: 'none' }] },
    shows({
      failures: [{ imageId: { imageTag: 'none' }, failureCode: 'ImageNotFound' }],
    }),
    [REPOSITORY],
  ),
  row(
    'by neither tag nor digest',
    'BatchGetImage',
    { repositoryName: NAME, imageIds: [{}] },
    shows({
      failures: [{ failureCode: 'MissingDigestAndTag' }],
    }),
    [REPOSITORY],
  ),
  row(
    'by a tag and the digest of another',
    'BatchGetImage',
    { repositoryName: NAME, imageIds: [{ imageTag: 'v1', imageDigest: digestOf(TWO) }] },
    shows({
      failures: [{ failureCode: 'ImageTagDoesNotMatchDigest' }],
    }),
    [...PUSHED, ask('PutImage', { repositoryName: NAME, imageManifest: TWO, imageTag: 'v2' })],
  ),
  row(
    'by what is no digest',
    'BatchGetImage',
    { repositoryName: NAME, imageIds: [{ imageDigest: 'nonsense' }] },
    shows({
      failures: [{ failureCode: 'InvalidImageDigest' }],
    }),
    [REPOSITORY],
  ),
  row(
    'in a repository that is not there',
    'BatchGetImage',
    { repositoryName: 'none', imageIds: [{ imageTag: 'v1' }] },
    ABSENT,
  ),
  row(
    'by its digest',
    'BatchDeleteImage',
    { repositoryName: NAME, imageIds: [{ imageDigest: digestOf(ONE) }] },
    shows({
      imageIds: [{ imageDigest: digestOf(ONE) }],
    }),
    PUSHED,
  ),
  row(
    'of one that is not there',
    'BatchDeleteImage',
    { repositoryName: NAME, imageIds: [{ imageTag: 'none' }] },
    shows({
      failures: [{ failureCode: 'ImageNotFound' }],
    }),
    [REPOSITORY],
  ),
  row(
    'of one that has some',
    'ListImages',
    { repositoryName: NAME },
    shows({
      imageIds: [{ imageDigest: digestOf(ONE), imageTag: 'v1' }],
    }),
    PUSHED,
  ),
  row(
    'without a tag',
    'ListImages',
    { repositoryName: NAME, filter: { tagStatus: 'UNTAGGED' } },
    shows({ imageIds: [] }),
    PUSHED,
  ),
  row('of one that is not there', 'ListImages', { repositoryName: 'none' }, ABSENT),
  row(
    'of one that has some',
    'DescribeImages',
    { repositoryName: NAME },
    shows({
      imageDetails: [
        {
          registryId: ACCOUNT,
          repositoryName: NAME,
          imageDigest: digestOf(ONE),
          imageTags: ['v1'],
          imageSizeInBytes: Number,
          imagePushedAt: Number,
          imageManifestMediaType: IMAGE,
        },
      ],
    }),
    PUSHED,
  ),
  row(
    'of an image that is not there',
    'DescribeImages',
    { repositoryName: NAME, imageIds: [{ imageTag: 'none' }] },
    ecrError('ImageNotFoundException'),
    [REPOSITORY],
  ),
  row(
    'with images and a size of pages at once',
    'DescribeImages',
    { repositoryName: NAME, imageIds: [{ imageTag: 'v1' }], maxResults: 1 },
    INVALID,
    PUSHED,
  ),
];

const REGISTRY: readonly Row[] = [
  row(
    'of an image that is not there',
    'StartImageScan',
    { repositoryName: NAME, imageId: { imageTag: 'none' } },
    ecrError('ImageNotFoundException'),
    [REPOSITORY],
  ),
  row(
    'of an image that was never scanned',
    'DescribeImageScanFindings',
    { repositoryName: NAME, imageId: { imageTag: 'v1' } },
    ecrError('ScanNotFoundException'),
    PUSHED,
  ),
  row(
    'without replication',
    'DescribeRegistry',
    {},
    shows({ registryId: ACCOUNT, replicationConfiguration: { rules: [] } }),
  ),
  row('where there is none', 'GetRegistryPolicy', {}, ecrError('RegistryPolicyNotFoundException')),
  row(
    'where none was set',
    'GetRegistryScanningConfiguration',
    {},
    shows({ scanningConfiguration: { scanType: 'BASIC' } }),
  ),
  row('where there are none', 'DescribePullThroughCacheRules', {}, shows({ pullThroughCacheRules: [] })),
  row('where there are none', 'DescribeRepositoryCreationTemplates', {}, shows({ repositoryCreationTemplates: [] })),
  row(
    'of a repository',
    'BatchGetRepositoryScanningConfiguration',
    { repositoryNames: [NAME] },
    shows({
      scanningConfigurations: [{ repositoryName: NAME, scanOnPush: false }],
    }),
    [REPOSITORY],
  ),
];

/** ECR's rows. */
export const ECR_ROWS: readonly Row[] = [...REPOSITORIES, ...POLICIES, ...LAYER_ROWS, ...IMAGES, ...REGISTRY];
