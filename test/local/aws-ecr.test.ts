import { randomBytes } from 'node:crypto';
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetDownloadUrlForLayerCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  InitiateLayerUploadCommand,
  ListImagesCommand,
  ListTagsForResourceCommand,
  paginateDescribeRepositories,
  paginateListImages,
  PutImageCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  RepositoryAlreadyExistsException,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr';
import type { CreateRepositoryRequest } from '@aws-sdk/client-ecr';
import { test } from 'tap';
import { ACCOUNT, digestOf, manifestOf, push, pushLayer, REGION, start } from './aws-support.ts';

const arnOf = (name: string): string => `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/${name}`;

void test('a repository is what it was made as', async (t) => {
  const at = new Date('2026-11-24T12:00:00Z');
  const aws = await start(t, { now: () => at });
  const ecr = aws.ecr();
  const made = await ecr.send(
    new CreateRepositoryCommand({
      repositoryName: 'koa/app',
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest*' }],
      imageScanningConfiguration: { scanOnPush: true },
      tags: [{ Key: 'ecp:department', Value: 'koa' }],
    }),
  );
  t.strictSame(made.repository, {
    repositoryArn: arnOf('koa/app'),
    registryId: ACCOUNT,
    repositoryName: 'koa/app',
    repositoryUri: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/koa/app`,
    createdAt: at,
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD', filter: 'latest*' }],
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: { encryptionType: 'AES256' },
  });
  t.ok(made.$metadata.requestId, 'the answer names its request');
  const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['koa/app'] }));
  t.strictSame(repositories, [made.repository]);

  const again = ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/app' }));
  await t.rejects(again, { name: 'RepositoryAlreadyExistsException', $metadata: { httpStatusCode: 400 } });
  t.ok((await again.catch((error: unknown) => error)) instanceof RepositoryAlreadyExistsException);

  await ecr.send(
    new PutImageScanningConfigurationCommand({
      repositoryName: 'koa/app',
      imageScanningConfiguration: { scanOnPush: false },
    }),
  );
  await ecr.send(new PutImageTagMutabilityCommand({ repositoryName: 'koa/app', imageTagMutability: 'MUTABLE' }));
  const changed = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['koa/app'] }));
  t.match(changed.repositories?.[0], {
    imageTagMutability: 'MUTABLE',
    imageScanningConfiguration: { scanOnPush: false },
  });
  t.notOk(changed.repositories?.[0]?.imageTagMutabilityExclusionFilters);

  await ecr.send(new DeleteRepositoryCommand({ repositoryName: 'koa/app' }));
  const gone = ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['koa/app'] }));
  await t.rejects(gone, { name: 'RepositoryNotFoundException' });
});

void test('ECR refuses the repositories that it does not make', async (t) => {
  const aws = await start(t, { quotas: { repositories: 1 } });
  const ecr = aws.ecr();
  const tag = (Key: string, Value = 'x') => ({ tags: [{ Key, Value }] });
  const filters = (...names: string[]) => ({
    imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' as const,
    imageTagMutabilityExclusionFilters: names.map((filter) => ({ filterType: 'WILDCARD' as const, filter })),
  });
  const rows: readonly (readonly [string, Partial<CreateRepositoryRequest>, string])[] = [
    ['a capital letter', { repositoryName: 'Koa/app' }, 'InvalidParameterException'],
    ['one letter', { repositoryName: 'k' }, 'InvalidParameterException'],
    ['257 letters', { repositoryName: 'k'.repeat(257) }, 'InvalidParameterException'],
    ['an empty part', { repositoryName: 'koa//app' }, 'InvalidParameterException'],
    ['a leading separator', { repositoryName: '-koa' }, 'InvalidParameterException'],
    ['a line end', { repositoryName: 'koa\n' }, 'InvalidParameterException'],
    ['an unknown mutability', { imageTagMutability: 'FROZEN' as never }, 'InvalidParameterException'],
    ['filters without exclusion', { ...filters('a'), imageTagMutability: 'IMMUTABLE' }, 'InvalidParameterException'],
    ['exclusion without filters', { imageTagMutability: 'MUTABLE_WITH_EXCLUSION' }, 'InvalidParameterException'],
    ['no filter', filters(), 'InvalidParameterException'],
    ['six filters', filters('a', 'b', 'c', 'd', 'e', 'f'), 'InvalidParameterException'],
    ['a filter of other characters', filters('a?'), 'InvalidParameterException'],
    ['a filter of three wildcards', filters('*a*b*'), 'InvalidParameterException'],
    [
      'an unknown encryption',
      { encryptionConfiguration: { encryptionType: 'ROT13' as never } },
      'InvalidParameterException',
    ],
    ['a reserved tag', tag('aws:x'), 'InvalidTagParameterException'],
    ['a tag without a key', tag(''), 'InvalidTagParameterException'],
    ['a long key', tag('k'.repeat(129)), 'InvalidTagParameterException'],
    ['a long value', tag('k', 'v'.repeat(257)), 'InvalidTagParameterException'],
    ['a tag of other characters', tag('k', '<'), 'InvalidTagParameterException'],
    [
      'a tag twice',
      {
        tags: [
          { Key: 'k', Value: '1' },
          { Key: 'k', Value: '2' },
        ],
      },
      'InvalidTagParameterException',
    ],
    [
      '51 tags',
      { tags: Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' })) },
      'TooManyTagsException',
    ],
    ['a registry that is not the own', { registryId: '444455556666' }, 'AccessDeniedException'],
  ];
  for (const [title, input, name] of rows) {
    const refused = ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/app', ...input }));
    await t.rejects(refused, { name }, title);
  }
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/app' }));
  const full = ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/app2' }));
  await t.rejects(full, { name: 'LimitExceededException' }, 'one more than the quota');
});

void test('of two that make the same repository at once, one makes it', async (t) => {
  const ecr = (await start(t)).ecr();
  const make = async () => ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/app' }));
  const results = await Promise.allSettled([make(), make(), make(), make()]);
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

void test('lists come in pages, each repository once', async (t) => {
  const ecr = (await start(t)).ecr();
  const names = ['a/1', 'a/10', 'a/2', 'b/1', 'c/1'];
  for (const repositoryName of names) await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const seen: (string | undefined)[] = [];
  for await (const page of paginateDescribeRepositories({ client: ecr, pageSize: 2 }, {})) {
    seen.push(...(page.repositories ?? []).map(({ repositoryName }) => repositoryName));
  }
  t.strictSame(seen, names);
  const forged = ecr.send(new DescribeRepositoriesCommand({ nextToken: 'forged' }));
  await t.rejects(forged, { name: 'InvalidParameterException' });
});

void test('tags are added, changed and taken away within the rules', async (t) => {
  const ecr = (await start(t)).ecr();
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/app', tags: [{ Key: 'a', Value: '1' }] }));
  const resourceArn = arnOf('koa/app');
  const tags = [
    { Key: 'a', Value: '2' },
    { Key: 'b', Value: '' },
  ];
  await ecr.send(new TagResourceCommand({ resourceArn, tags }));
  t.strictSame((await ecr.send(new ListTagsForResourceCommand({ resourceArn }))).tags, tags);
  await ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a', 'none'] }));
  t.strictSame((await ecr.send(new ListTagsForResourceCommand({ resourceArn }))).tags, [{ Key: 'b', Value: '' }]);
  const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
  await t.rejects(ecr.send(new TagResourceCommand({ resourceArn, tags: many })), { name: 'TooManyTagsException' });
  const absent = ecr.send(new ListTagsForResourceCommand({ resourceArn: arnOf('none') }));
  await t.rejects(absent, { name: 'RepositoryNotFoundException' });
});

const PULL = { Sid: 'EcpPull', Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: 'ecr:BatchGetImage' };

void test('a repository policy is kept, and given back with accounts as the ARNs of their roots', async (t) => {
  const ecr = (await start(t)).ecr();
  const repositoryName = 'koa/app';
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const absent = { name: 'RepositoryPolicyNotFoundException' };
  await t.rejects(ecr.send(new GetRepositoryPolicyCommand({ repositoryName })), absent);
  const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [PULL] });
  await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
  const kept = await ecr.send(new GetRepositoryPolicyCommand({ repositoryName }));
  t.strictSame(JSON.parse(kept.policyText ?? ''), {
    Version: '2012-10-17',
    Statement: [{ ...PULL, Principal: { AWS: 'arn:aws:iam::444455556666:root' } }],
  });
  await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }));
  await t.rejects(ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName })), absent);
});

void test('ECR refuses the repository policies that it does not take, and keeps the one before', async (t) => {
  const ecr = (await start(t, { accounts: ['444455556666'] })).ecr();
  const repositoryName = 'koa/app';
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const set = async (policyText: string) => ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
  const of = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });
  await set(of(PULL));
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['no JSON', '{', /invalid Json/],
    ['no object', '[]', /Syntax/],
    ['no statement', of(), /no statement/],
    ['an unknown version', JSON.stringify({ Version: '2020-01-01', Statement: [PULL] }), /Version/],
    ['an unknown element', JSON.stringify({ Statement: [PULL], Statment: [] }), /Statment/],
    ['an unknown effect', of({ ...PULL, Effect: 'Permit' }), /Effect/],
    ['no principal', of({ Effect: 'Allow', Action: 'ecr:*' }), /Principal/],
    ['no action', of({ Effect: 'Allow', Principal: '*' }), /Action/],
    ['an action of another service', of({ ...PULL, Action: 's3:GetObject' }), /action/],
    ['a resource', of({ ...PULL, Resource: '*' }), /Resource/],
    ['an unknown operator', of({ ...PULL, Condition: { StringIs: { a: 'b' } } }), /Condition type/],
    ['a sid twice', of(PULL, PULL), /unique/],
    [
      'an account that does not exist',
      of({ ...PULL, Principal: { AWS: ['444455556666', '777788889999'] } }),
      /Principal not found/,
    ],
    [
      'the root of an account that does not exist',
      of({ ...PULL, Principal: { AWS: 'arn:aws:iam::777788889999:root' } }),
      /Principal not found/,
    ],
    [
      'a role that does not exist',
      of({ ...PULL, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/none` } }),
      /Principal not found/,
    ],
    [
      'a wildcard in an ARN',
      of({ ...PULL, Principal: { AWS: 'arn:aws:iam::444455556666:role/*' } }),
      /Principal not found/,
    ],
    ['10,241 characters', `${of(PULL)}${' '.repeat(10_241 - of(PULL).length)}`, /10240/],
  ];
  for (const [title, text, message] of rows) {
    await t.rejects(set(text), { name: 'InvalidParameterException', message }, title);
  }
  const kept = await ecr.send(new GetRepositoryPolicyCommand({ repositoryName }));
  t.match(JSON.parse(kept.policyText ?? ''), { Statement: [{ Sid: 'EcpPull' }] });
  await t.resolves(set(`${of(PULL)}${' '.repeat(10_240 - of(PULL).length)}`), '10,240 characters');
});

void test('a lifecycle policy is kept as written, within its grammar', async (t) => {
  const ecr = (await start(t)).ecr();
  const repositoryName = 'koa/app';
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const put = async (lifecyclePolicyText: string) =>
    ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
  const rule = {
    rulePriority: 1,
    description: 'Keep the last thirty images that have no tag',
    selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 30 },
    action: { type: 'expire' },
  };
  const of = (...rules: object[]): string => JSON.stringify({ rules });
  await t.rejects(ecr.send(new GetLifecyclePolicyCommand({ repositoryName })), {
    name: 'LifecyclePolicyNotFoundException',
  });
  await put(of(rule));
  const kept = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
  t.equal(kept.lifecyclePolicyText, of(rule));
  const selecting = (selection: object): string => of({ ...rule, selection: { ...rule.selection, ...selection } });
  const rows: readonly (readonly [string, string])[] = [
    ['no JSON', 'x'.repeat(120)],
    ['fewer than 100 characters', '{"rules":[]}'],
    ['no rule', `${of()}${' '.repeat(100)}`],
    ['an unknown member', of({ ...rule, enabled: true })],
    ['priorities that are not unique', of(rule, rule)],
    ['days without a unit', selecting({ countType: 'sinceImagePushed' })],
    ['a count with a unit', selecting({ countUnit: 'days' })],
    ['tagged without tags', selecting({ tagStatus: 'tagged' })],
    ['untagged with tags', selecting({ tagPrefixList: ['v'] })],
    ['a count of none', selecting({ countNumber: 0 })],
    [
      'any before another',
      of({ ...rule, selection: { ...rule.selection, tagStatus: 'any' } }, { ...rule, rulePriority: 2 }),
    ],
  ];
  for (const [title, text] of rows) await t.rejects(put(text), { name: 'InvalidParameterException' }, title);
  await ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
  await t.rejects(ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName })), {
    name: 'LifecyclePolicyNotFoundException',
  });
});

void test('an immutable tag stays with its image, an excluded one moves', async (t) => {
  const ecr = (await start(t)).ecr();
  const rows = [
    ['MUTABLE', undefined, '1.0.0', true],
    ['IMMUTABLE', undefined, 'latest', false],
    ['IMMUTABLE_WITH_EXCLUSION', 'latest*', 'latest-arm', true],
    ['IMMUTABLE_WITH_EXCLUSION', 'latest*', '1.0.0', false],
    ['MUTABLE_WITH_EXCLUSION', 'v*', '1.0.0', true],
    ['MUTABLE_WITH_EXCLUSION', 'v*', 'v1', false],
  ] as const;
  for (const [index, [imageTagMutability, filter, tag, moves]] of rows.entries()) {
    const repositoryName = `koa/app${index}`;
    const imageTagMutabilityExclusionFilters =
      filter === undefined ? undefined : [{ filterType: 'WILDCARD' as const, filter }];
    await ecr.send(
      new CreateRepositoryCommand({ repositoryName, imageTagMutability, imageTagMutabilityExclusionFilters }),
    );
    await push(ecr, repositoryName, tag, 'first');
    const title = `${imageTagMutability} ${filter ?? ''} ${tag}`;
    const second = push(ecr, repositoryName, tag, 'second');
    await (moves ? t.resolves(second, title) : t.rejects(second, { name: 'ImageTagAlreadyExistsException' }, title));
    const { imageDetails } = await ecr.send(
      new DescribeImagesCommand({ repositoryName, filter: { tagStatus: 'UNTAGGED' } }),
    );
    t.equal(imageDetails?.length, moves ? 1 : 0, `${title}: images without a tag`);
  }
});

void test('images need their layers, are not pushed twice, and go with their last tag', async (t) => {
  const ecr = (await start(t)).ecr();
  const repositoryName = 'koa/app';
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const [config, layer] = [Buffer.from('{}'), Buffer.from('layer')];
  const imageManifest = manifestOf(config, layer);
  const imageDigest = digestOf(imageManifest);
  const put = async (input: object) =>
    ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: '1.0.0', ...input }));
  await pushLayer(ecr, repositoryName, config);
  await t.rejects(put({}), { name: 'LayersNotFoundException' });
  await pushLayer(ecr, repositoryName, layer);
  await t.rejects(put({ imageDigest: digestOf('x') }), { name: 'ImageDigestDoesNotMatchException' });
  await t.rejects(put({ imageManifest: 'x' }), { name: 'InvalidParameterException' });
  await put({ imageDigest });
  await t.rejects(put({}), { name: 'ImageAlreadyExistsException' });
  await put({ imageTag: 'stable' });

  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const indexOf = (digest: string): string =>
    JSON.stringify({ schemaVersion: 2, mediaType, manifests: [{ mediaType: 'x', digest, size: 1 }] });
  const lost = put({ imageManifest: indexOf(digestOf('none')), imageTag: 'index' });
  await t.rejects(lost, { name: 'ReferencedImagesNotFoundException' });
  await put({ imageManifest: indexOf(imageDigest), imageTag: 'index' });

  const ids: unknown[] = [];
  for await (const page of paginateListImages({ client: ecr, pageSize: 1 }, { repositoryName }))
    ids.push(...(page.imageIds ?? []));
  t.same(new Set(ids.map((id) => (id as { imageTag: string }).imageTag)), new Set(['1.0.0', 'stable', 'index']));

  const remove = async (...imageIds: object[]) => ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
  t.match((await remove({ imageDigest })).failures, [{ failureCode: 'ImageReferencedByManifestList' }]);
  t.match((await remove({ imageTag: 'index' })).imageIds, [{ imageTag: 'index' }]);
  t.strictSame((await remove({ imageTag: '1.0.0' })).imageIds, [{ imageDigest, imageTag: '1.0.0' }]);
  const left = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] }));
  t.match(left.imageDetails, [{ imageTags: ['stable'], imageSizeInBytes: 5 }]);
  const kept = ecr.send(new DeleteRepositoryCommand({ repositoryName }));
  await t.rejects(kept, { name: 'RepositoryNotEmptyException' });
  await remove({ imageTag: 'stable' });
  t.strictSame((await ecr.send(new ListImagesCommand({ repositoryName }))).imageIds, []);

  const { failures } = await ecr.send(
    new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'stable' }, { imageDigest }, {}] }),
  );
  t.match(failures, [
    { failureCode: 'ImageNotFound' },
    { failureCode: 'ImageNotFound' },
    { failureCode: 'MissingDigestAndTag' },
  ]);
});

void test('a forced delete takes the images and the layers with it', async (t) => {
  const ecr = (await start(t)).ecr();
  const repositoryName = 'koa/app';
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  await push(ecr, repositoryName, '1.0.0');
  await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  t.strictSame((await ecr.send(new ListImagesCommand({ repositoryName }))).imageIds, []);
  const layer = ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest: digestOf('layer') }));
  await t.rejects(layer, { name: 'LayersNotFoundException' });
});

void test('a layer is uploaded in parts that follow each other, and under its own digest', async (t) => {
  const ecr = (await start(t)).ecr();
  const repositoryName = 'koa/app';
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
  const bytes = randomBytes(5_242_880 + 10);
  const part = async (from: number, to: number) =>
    ecr.send(
      new UploadLayerPartCommand({
        repositoryName,
        uploadId,
        partFirstByte: from,
        partLastByte: to - 1,
        layerPartBlob: bytes.subarray(from, to),
      }),
    );
  const complete = async (digest: string) =>
    ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] }));
  await t.rejects(complete(digestOf(bytes)), { name: 'EmptyUploadException' });
  await part(0, 5_242_880);
  await t.rejects(part(5_242_881, bytes.length), {
    name: 'InvalidLayerPartException',
    lastValidByteReceived: 5_242_879,
  });
  await part(5_242_880, bytes.length);
  await t.rejects(complete(digestOf('x')), { name: 'InvalidLayerException' });
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/other' }));
  const elsewhere = new CompleteLayerUploadCommand({
    repositoryName: 'koa/other',
    uploadId,
    layerDigests: [digestOf(bytes)],
  });
  await t.rejects(ecr.send(elsewhere), { name: 'UploadNotFoundException' }, 'an upload belongs to its repository');
  await complete(digestOf(bytes));
  await t.rejects(complete(digestOf(bytes)), { name: 'UploadNotFoundException' });
  await t.rejects(pushLayer(ecr, repositoryName, bytes.subarray(0)), { name: 'LayerAlreadyExistsException' });

  const small = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
  for (const [at, text] of ['one', 'two'].entries()) {
    const input = { repositoryName, uploadId: small.uploadId, partFirstByte: at * 3, partLastByte: at * 3 + 2 };
    await ecr.send(new UploadLayerPartCommand({ ...input, layerPartBlob: Buffer.from(text) }));
  }
  const tooSmall = new CompleteLayerUploadCommand({
    repositoryName,
    uploadId: small.uploadId,
    layerDigests: [digestOf('onetwo')],
  });
  await t.rejects(ecr.send(tooSmall), { name: 'LayerPartTooSmallException' });
});

void test('a repository policy that keeps its author from the next one needs force', async (t) => {
  const ecr = (await start(t)).ecr();
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'koa/app' }));
  const policyText = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 'Out', Effect: 'Deny', Principal: '*', Action: 'ecr:SetRepositoryPolicy' }],
  });
  const set = (force?: boolean) =>
    ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'koa/app', policyText, force }));
  await t.rejects(set(), { name: 'InvalidParameterException', message: /Use the force parameter/ });
  await t.rejects(ecr.send(new GetRepositoryPolicyCommand({ repositoryName: 'koa/app' })), {
    name: 'RepositoryPolicyNotFoundException',
  });
  await t.resolves(set(true));
  await t.rejects(set(true), { name: 'AccessDeniedException' }, 'then its author is kept out');
});
