import { observeRepository } from '../../src/aws/observe.ts';
import { registryLook } from '../../src/aws/registry-look.ts';
import { ownershipTags } from '../../src/policy/tags.ts';
import type { AwsBench } from './aws-bench.ts';
import {
  apply,
  change,
  deepEqual,
  equal,
  madeRepository,
  notYet,
  ok,
  pullPolicy,
  refused,
  repository,
  seenRepository,
} from './changes.ts';
import type { Check } from './check.ts';
import { pushSmallImage } from './small-image.ts';

const LIFECYCLE = JSON.stringify({
  rules: [
    {
      action: { type: 'expire' },
      description: 'Untagged images go after a fortnight',
      rulePriority: 1,
      selection: { countNumber: 14, countType: 'sinceImagePushed', countUnit: 'days', tagStatus: 'untagged' },
    },
  ],
});

/** What our calls on ECR do when all is well, and when they are repeated. */
export const REPOSITORY_CHECKS: readonly Check<AwsBench>[] = [
  {
    id: 'ecr/create',
    promise: 'a repository stands as it was asked for: tags, mutability, scanning, encryption; no policy, no lifecycle',
    run: async (bench) => {
      const name = bench.repositoryName();
      equal(await observeRepository(bench.clients, name), undefined);
      const wanted = repository(name, { scanOnPush: true, imageTagMutability: 'IMMUTABLE' });
      const call = await apply(bench, change('ecr:CreateRepository', name, wanted));
      equal(call.outcome, 'ok');
      ok(call.awsRequestId, 'the request id is kept for the audit trail');
      deepEqual(await seenRepository(bench, name), wanted);
    },
  },
  {
    id: 'ecr/create/exclusions',
    promise: 'a mutability with exclusions keeps its filters, up to five',
    run: async (bench) => {
      for (const imageTagMutability of ['IMMUTABLE_WITH_EXCLUSION', 'MUTABLE_WITH_EXCLUSION'] as const) {
        const imageTagMutabilityExclusionFilters = ['latest', 'dev-*', 'cache*', 'a', '*-snapshot'];
        const more = { imageTagMutability, imageTagMutabilityExclusionFilters };
        const seen = await seenRepository(bench, await madeRepository(bench, more));
        equal(seen.imageTagMutability, imageTagMutability);
        deepEqual([...seen.imageTagMutabilityExclusionFilters].sort(), [...imageTagMutabilityExclusionFilters].sort());
      }
    },
  },
  {
    id: 'ecr/create/again-by-the-same-operation',
    promise: 'a creation that is repeated by its own operation is a success',
    run: async (bench) => {
      const name = await madeRepository(bench);
      const call = await apply(bench, change('ecr:CreateRepository', name, repository(name)));
      equal(call.outcome, 'ok');
    },
  },
  {
    id: 'ecr/create/name-taken',
    promise: 'a creation that finds another operation’s repository is refused, and changes nothing',
    run: async (bench) => {
      const name = await madeRepository(bench);
      const other = repository(name, { tags: ownershipTags('pol', 'operation-2'), scanOnPush: true });
      const fault = await refused(bench, change('ecr:CreateRepository', name, other), 'name-taken');
      equal(fault.call.error, 'RepositoryAlreadyExistsException');
      deepEqual(await seenRepository(bench, name), repository(name));
    },
  },
  {
    id: 'ecr/tags',
    promise: 'tags come back as they were written, with every character that a tag may have',
    run: async (bench) => {
      const tags = { 'ecp:department': 'Kø a/b', note: 'a_b.c:d/e=f+g-h@i', empty: '' };
      const seen = await seenRepository(bench, await madeRepository(bench, { tags }));
      deepEqual(seen.tags, tags);
    },
  },
  {
    id: 'ecr/mutability',
    promise: 'mutability and scanning can be changed, and each other value is kept',
    run: async (bench) => {
      const name = await madeRepository(bench);
      const filters = { imageTagMutabilityExclusionFilters: ['latest'] };
      for (const more of [
        { imageTagMutability: 'IMMUTABLE' },
        { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION', ...filters },
        { imageTagMutability: 'MUTABLE' },
      ] as const) {
        await apply(bench, change('ecr:PutImageTagMutability', name, repository(name, more)));
        await bench.settled(async () => deepEqual(await seenRepository(bench, name), repository(name, more)));
      }
      await apply(bench, change('ecr:PutImageScanningConfiguration', name, repository(name, { scanOnPush: true })));
      await bench.settled(async () => equal((await seenRepository(bench, name)).scanOnPush, true));
    },
  },
  {
    id: 'ecr/policy',
    promise: 'a repository policy is set, replaced and taken away; taking it away twice is a success',
    run: async (bench) => {
      const name = await madeRepository(bench);
      const root = `arn:aws:iam::${bench.settings.accountId}:root`;
      for (const Sid of ['EcpPull', 'A foreign Sid']) {
        const policy = pullPolicy([root], { Sid });
        await apply(bench, change('ecr:SetRepositoryPolicy', name, policy));
        await bench.settled(async () => equal((await seenRepository(bench, name)).policy?.Statement[0]?.Sid, Sid));
      }
      for (let times = 0; times < 2; times++) {
        equal((await apply(bench, change('ecr:DeleteRepositoryPolicy', name))).outcome, 'ok');
      }
      await bench.settled(async () => ok(!('policy' in (await seenRepository(bench, name)))));
    },
  },
  {
    id: 'ecr/policy/rewritten-principals',
    promise: 'a principal that was written as an account’s number comes back as the ARN of its root',
    run: async (bench) => {
      const name = await madeRepository(bench);
      await apply(bench, change('ecr:SetRepositoryPolicy', name, pullPolicy([bench.settings.accountId])));
      const { policy } = await seenRepository(bench, name);
      const principal = policy?.Statement[0]?.Principal as { AWS: string | readonly string[] } | undefined;
      deepEqual([principal?.AWS].flat(), [`arn:aws:iam::${bench.settings.accountId}:root`]);
    },
  },
  {
    id: 'ecr/lifecycle',
    promise: 'a lifecycle policy is put, read in canonical form, and taken away; taking it away twice is a success',
    run: async (bench) => {
      const name = await madeRepository(bench);
      await apply(bench, change('ecr:PutLifecyclePolicy', name, JSON.parse(LIFECYCLE)));
      await bench.settled(async () => equal((await seenRepository(bench, name)).lifecyclePolicy, LIFECYCLE));
      for (let times = 0; times < 2; times++) {
        equal((await apply(bench, change('ecr:DeleteLifecyclePolicy', name))).outcome, 'ok');
      }
      await bench.settled(async () => ok(!('lifecyclePolicy' in (await seenRepository(bench, name)))));
    },
  },
  {
    id: 'ecr/delete',
    promise: 'an empty repository is deleted, and deleting it again is a success',
    run: async (bench) => {
      const name = await madeRepository(bench);
      for (let times = 0; times < 2; times++)
        equal((await apply(bench, change('ecr:DeleteRepository', name))).outcome, 'ok');
      await bench.settled(async () => equal(await observeRepository(bench.clients, name), undefined));
    },
  },
  {
    id: 'ecr/delete/not-empty',
    promise: 'a repository with images is deleted only by force',
    run: async (bench) => {
      const name = await madeRepository(bench);
      await pushSmallImage(bench.clients.ecr, name, 'one');
      const fault = await refused(bench, change('ecr:DeleteRepository', name), 'not-empty');
      equal(fault.call.error, 'RepositoryNotEmptyException');
      await apply(bench, change('ecr:DeleteRepository', name), true);
      await bench.settled(async () => equal(await observeRepository(bench.clients, name), undefined));
    },
  },
  {
    id: 'ecr/not-there',
    promise: 'what is written on a repository that is not there may succeed later: the repository may be new',
    run: async (bench) => {
      const name = bench.repositoryName();
      const root = `arn:aws:iam::${bench.settings.accountId}:root`;
      await notYet(bench, change('ecr:SetRepositoryPolicy', name, pullPolicy([root])));
      await notYet(bench, change('ecr:PutLifecyclePolicy', name, JSON.parse(LIFECYCLE)));
      await notYet(bench, change('ecr:PutImageTagMutability', name, repository(name)));
      await notYet(bench, change('ecr:PutImageScanningConfiguration', name, repository(name)));
    },
  },
  {
    id: 'ecr/look',
    promise: 'the API’s own look at the registry knows what exists and counts images, page by page, up to a limit',
    run: async (bench) => {
      const look = registryLook(bench.options);
      const name = await madeRepository(bench);
      await seenRepository(bench, name);
      equal(await look.exists(name), true);
      equal(await look.exists(bench.repositoryName()), false);
      equal(await look.countImages(bench.repositoryName(), 10), 0);
      equal(await look.countImages(name, 10), 0);
      for (const tag of ['one', 'two', 'three']) await pushSmallImage(bench.clients.ecr, name, tag);
      await bench.settled(async () => equal(await look.countImages(name, 10), 3));
      equal(await look.countImages(name, 2), 2);
    },
  },
];
