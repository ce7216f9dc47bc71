import { observeRepository } from '../../src/aws/observe.ts';
import { isSameLifecyclePolicy } from '../../src/model/lifecycle.ts';
import type { RepositoryResource } from '../../src/plan/resources.ts';
import { isSameDocument } from '../../src/policy/canonical.ts';
import type { AwsBench } from './aws-bench.ts';
import {
  apply,
  change,
  deepEqual,
  equal,
  madeRepository,
  pullPolicy,
  refused,
  repository,
  seenRepository,
} from './changes.ts';
import type { Check } from './check.ts';

async function refusedCreation(
  bench: AwsBench,
  name: string,
  more: Partial<RepositoryResource> = {},
  error?: string,
  code: 'refused-by-aws' | 'quota-exceeded' = 'refused-by-aws',
): Promise<void> {
  const fault = await refused(bench, change('ecr:CreateRepository', name, repository(name, more)), code);
  if (error !== undefined) equal(fault.call.error, error);
}

async function refusedPolicy(bench: AwsBench, policy: unknown): Promise<void> {
  const name = await madeRepository(bench);
  const good = pullPolicy([`arn:aws:iam::${bench.settings.accountId}:root`]);
  await apply(bench, change('ecr:SetRepositoryPolicy', name, good));
  const fault = await refused(bench, change('ecr:SetRepositoryPolicy', name, policy), 'refused-by-aws');
  equal(fault.call.error, 'InvalidParameterException');
  const stands = (await seenRepository(bench, name)).policy?.Statement[0]?.Sid;
  equal(stands, 'EcpPull', 'what stood before still stands');
}

/** A lifecycle policy of an exact length, by the descriptions of its rules. */
function lifecycleOfLength(length: number): unknown {
  const count = length > 600 ? 48 : 1;
  const rules = Array.from({ length: count }, (_, index) => ({
    rulePriority: index + 1,
    description: '',
    selection: { tagStatus: 'tagged', tagPrefixList: [`p${index}`], countType: 'imageCountMoreThan', countNumber: 1 },
    action: { type: 'expire' },
  }));
  let missing = length - JSON.stringify({ rules }).length;
  for (const rule of rules) {
    const more = Math.min(256, Math.max(0, missing));
    rule.description = 'd'.repeat(more);
    missing -= more;
  }
  for (const { selection } of rules) {
    const more = Math.min(290, Math.max(0, missing));
    selection.tagPrefixList[0] += 'p'.repeat(more);
    missing -= more;
  }
  return { rules };
}

const LIFECYCLE_RULE = {
  rulePriority: 1,
  description: 'long enough to be past the hundred characters that a lifecycle policy has at least',
  selection: { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 },
  action: { type: 'expire' },
};

const ARCHIVE_RULE = {
  ...LIFECYCLE_RULE,
  selection: { tagStatus: 'any', countType: 'sinceImagePulled', countUnit: 'days', countNumber: 90 },
  action: { type: 'transition', targetStorageClass: 'archive' },
};

const ARCHIVED_RULE = {
  ...LIFECYCLE_RULE,
  selection: {
    tagStatus: 'any',
    storageClass: 'archive',
    countType: 'sinceImageTransitioned',
    countUnit: 'days',
    countNumber: 365,
  },
};

async function refusedLifecycle(bench: AwsBench, rules: readonly unknown[]): Promise<void> {
  const name = await madeRepository(bench);
  await refused(bench, change('ecr:PutLifecyclePolicy', name, { rules }), 'refused-by-aws');
}

/** Sizes, patterns and enums of our calls on ECR, at their limits and past them. */
export const REPOSITORY_LIMIT_CHECKS: readonly Check<AwsBench>[] = [
  {
    id: 'ecr/create/pattern-of-name',
    promise: 'a name that does not fit ECR’s pattern is refused',
    run: async (bench) => {
      const bad = [
        'Upper',
        'trailing-',
        '-leading',
        'a//b',
        '/a',
        'a/',
        'a..b',
        'a___b',
        'a b',
        'a:b',
        'a*',
        'ø',
        'a/B',
      ];
      for (const name of bad) await refusedCreation(bench, name, {}, 'InvalidParameterException');
    },
  },
  {
    id: 'ecr/create/odd-names',
    promise: 'a name with every separator that ECR’s pattern has is taken',
    run: async (bench) => {
      for (const end of ['a.b', 'a_b', 'a__b', 'a---b', '0/1/2/3', 'a-b.c_d/e__f']) {
        const name = `${bench.repositoryName()}/${end}`;
        await apply(bench, change('ecr:CreateRepository', name, repository(name)));
        equal((await seenRepository(bench, name)).name, name);
      }
    },
  },
  {
    id: 'ecr/create/longest-name',
    promise: 'a name of 256 characters is taken',
    run: async (bench) => {
      const begin = `${bench.repositoryName()}/`;
      const name = begin + 'a'.repeat(256 - begin.length);
      await apply(bench, change('ecr:CreateRepository', name, repository(name)));
      equal((await seenRepository(bench, name)).name, name);
    },
  },
  {
    id: 'ecr/create/length-of-name',
    promise: 'a name of 1 or of 257 characters is refused',
    run: async (bench) => {
      const begin = `${bench.repositoryName()}/`;
      for (const name of ['a', begin + 'a'.repeat(257 - begin.length)]) await refusedCreation(bench, name);
    },
  },
  {
    id: 'ecr/create/exclusions-mismatch',
    promise: 'exclusion filters are refused without a mutability that has them, and asked for with one',
    run: async (bench) => {
      const filters = { imageTagMutabilityExclusionFilters: ['latest'] };
      await refusedCreation(bench, bench.repositoryName(), { imageTagMutability: 'IMMUTABLE', ...filters });
      await refusedCreation(bench, bench.repositoryName(), { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' });
    },
  },
  {
    id: 'ecr/create/exclusions-limits',
    promise: 'a sixth exclusion filter, one of 129 characters and one with other characters are refused',
    run: async (bench) => {
      const imageTagMutability = 'IMMUTABLE_WITH_EXCLUSION';
      for (const filters of [['a', 'b', 'c', 'd', 'e', 'f'], ['a'.repeat(129)], ['a b'], ['ø*']]) {
        const more = { imageTagMutability, imageTagMutabilityExclusionFilters: filters } as const;
        await refusedCreation(bench, bench.repositoryName(), more);
      }
    },
  },
  {
    id: 'ecr/create/enums',
    promise: 'a mutability that ECR does not know is refused',
    run: (bench) => refusedCreation(bench, bench.repositoryName(), { imageTagMutability: 'FROZEN' as never }),
  },
  {
    id: 'ecr/create/encryption',
    promise: 'an encryption that ECR does not know is refused',
    run: async (bench) => {
      await refusedCreation(bench, bench.repositoryName(), { encryption: { encryptionType: 'ROT13' as never } });
    },
  },
  {
    id: 'ecr/create/unknown-key',
    promise: 'a KMS key that is not there is refused as KmsException',
    run: async (bench) => {
      const kmsKey = `arn:aws:kms:${bench.settings.region}:${bench.settings.accountId}:key/00000000-0000-0000-0000-000000000000`;
      await refusedCreation(
        bench,
        bench.repositoryName(),
        { encryption: { encryptionType: 'KMS', kmsKey } },
        'KmsException',
      );
    },
  },
  {
    id: 'ecr/create/most-tags',
    promise: 'fifty tags are taken, with a key of 128 and a value of 256 characters',
    run: async (bench) => {
      const tags = Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`tag-${index}`, 'x']));
      tags['k'.repeat(128)] = 'v'.repeat(256);
      deepEqual((await seenRepository(bench, await madeRepository(bench, { tags }))).tags, tags);
    },
  },
  {
    id: 'ecr/create/too-many-tags',
    promise: 'a fifty-first tag is refused as TooManyTagsException, and no repository is left',
    run: async (bench) => {
      const name = bench.repositoryName();
      const tags = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`tag-${index}`, 'x']));
      await refusedCreation(bench, name, { tags }, 'TooManyTagsException', 'quota-exceeded');
      equal(await observeRepository(bench.clients, name), undefined);
    },
  },
  {
    id: 'ecr/create/bad-tags',
    promise: 'a tag whose key is AWS’s own, too long or of other characters is refused as InvalidTagParameterException',
    run: async (bench) => {
      for (const key of ['aws:mine', 'k'.repeat(129), 'semi;colon']) {
        await refusedCreation(bench, bench.repositoryName(), { tags: { [key]: 'x' } }, 'InvalidTagParameterException');
      }
    },
  },
  {
    id: 'ecr/policy/longest',
    promise: 'a repository policy of 10,240 characters is taken',
    run: async (bench) => {
      const name = await madeRepository(bench);
      await apply(bench, change('ecr:SetRepositoryPolicy', name, policyOfLength(bench, 10_240)));
      equal((await seenRepository(bench, name)).policy?.Statement.length, 1);
    },
  },
  {
    id: 'ecr/policy/too-long',
    promise: 'a repository policy of 10,241 characters is refused, and the one before it stands',
    run: (bench) => refusedPolicy(bench, policyOfLength(bench, 10_241)),
  },
  {
    id: 'ecr/policy/malformed',
    promise: 'a repository policy without an effect is refused, and the one before it stands',
    run: (bench) => refusedPolicy(bench, pullPolicy(['*'], { Effect: undefined })),
  },
  {
    id: 'ecr/policy/unknown-principal',
    promise: 'a repository policy that names an account that is not there is refused whole',
    run: (bench) => refusedPolicy(bench, pullPolicy([bench.settings.accountId, '000000000000'])),
  },
  {
    id: 'ecr/policy/other-service',
    promise: 'a repository policy about another service’s actions is refused',
    run: (bench) => refusedPolicy(bench, pullPolicy([bench.settings.accountId], { Action: 's3:GetObject' })),
  },
  {
    id: 'ecr/policy/registry-action',
    promise: 'a repository policy with an action on the registry is refused, and the one before it stands',
    run: (bench) =>
      refusedPolicy(bench, pullPolicy([bench.settings.accountId], { Action: 'ecr:GetAuthorizationToken' })),
  },
  {
    id: 'ecr/policy/single-statement',
    promise: 'a policy of one statement, written without lists, is taken and is read as one with lists',
    run: async (bench) => {
      const name = await madeRepository(bench);
      const root = `arn:aws:iam::${bench.settings.accountId}:root`;
      const Statement = { Effect: 'Allow', Principal: { AWS: root }, Action: 'ecr:BatchGetImage' };
      await apply(bench, change('ecr:SetRepositoryPolicy', name, { Version: '2012-10-17', Statement }));
      const { policy } = await seenRepository(bench, name);
      equal(isSameDocument(policy, { Version: '2012-10-17', Statement: [Statement as never] }), true);
    },
  },
  {
    id: 'ecr/lifecycle/longest',
    promise: 'a lifecycle policy of up to 30,720 characters is taken',
    run: async (bench) => {
      for (const length of [131, 15_000, 30_720]) {
        const name = await madeRepository(bench);
        await apply(bench, change('ecr:PutLifecyclePolicy', name, lifecycleOfLength(length)));
        equal(JSON.stringify(lifecycleOfLength(length)).length >= length, true);
        equal((await seenRepository(bench, name)).lifecyclePolicy !== undefined, true);
      }
    },
  },
  {
    id: 'ecr/lifecycle/too-long',
    promise: 'a lifecycle policy of 30,721 characters is refused',
    run: async (bench) => {
      const name = await madeRepository(bench);
      await refused(bench, change('ecr:PutLifecyclePolicy', name, lifecycleOfLength(30_721)), 'refused-by-aws');
    },
  },
  {
    id: 'ecr/lifecycle/malformed',
    promise: 'a lifecycle rule with an unknown action, count or tag status is refused',
    run: async (bench) => {
      const { action, selection } = LIFECYCLE_RULE;
      await refusedLifecycle(bench, [{ ...LIFECYCLE_RULE, action: { ...action, type: 'delete' } }]);
      await refusedLifecycle(bench, [{ ...LIFECYCLE_RULE, selection: { ...selection, countType: 'imageAge' } }]);
      await refusedLifecycle(bench, [{ ...LIFECYCLE_RULE, selection: { ...selection, tagStatus: 'some' } }]);
    },
  },
  {
    id: 'ecr/lifecycle/no-rules',
    promise: 'a lifecycle policy without rules is refused',
    run: (bench) => refusedLifecycle(bench, []),
  },
  {
    id: 'ecr/lifecycle/same-priority',
    promise: 'a lifecycle policy with two rules of one priority is refused',
    run: async (bench) => {
      const { selection } = LIFECYCLE_RULE;
      await refusedLifecycle(bench, [
        LIFECYCLE_RULE,
        { ...LIFECYCLE_RULE, selection: { ...selection, tagStatus: 'any' } },
      ]);
    },
  },
  {
    id: 'ecr/lifecycle/any-per-storage-class',
    promise:
      'a rule for any image is last of its storage class: archive and delete is taken, any before untagged is not',
    run: async (bench) => {
      const name = await madeRepository(bench);
      const rules = [
        { ...ARCHIVE_RULE, rulePriority: 1 },
        { ...ARCHIVED_RULE, rulePriority: 2 },
      ];
      await apply(bench, change('ecr:PutLifecyclePolicy', name, { rules }));
      const { selection } = LIFECYCLE_RULE;
      const any = { ...LIFECYCLE_RULE, selection: { ...selection, tagStatus: 'any' } };
      await refusedLifecycle(bench, [any, { ...LIFECYCLE_RULE, rulePriority: 2 }]);
    },
  },
  {
    id: 'ecr/lifecycle/pulled-expire',
    promise: 'a rule that expires images by their last pull is refused',
    run: (bench) => refusedLifecycle(bench, [{ ...ARCHIVE_RULE, action: { type: 'expire' } }]),
  },
  {
    id: 'ecr/lifecycle/short-archive',
    promise: 'a rule that deletes images from the archive before 90 days is refused',
    run: (bench) =>
      refusedLifecycle(bench, [{ ...ARCHIVED_RULE, selection: { ...ARCHIVED_RULE.selection, countNumber: 89 } }]),
  },
  {
    id: 'ecr/lifecycle/order-of-rules',
    promise: 'a lifecycle policy reads as the same one, in whatever order its rules were written',
    run: async (bench) => {
      const name = await madeRepository(bench);
      const any = { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 30 };
      const rules = [{ ...LIFECYCLE_RULE, rulePriority: 2, selection: any }, LIFECYCLE_RULE];
      await apply(bench, change('ecr:PutLifecyclePolicy', name, { rules }));
      const { lifecyclePolicy } = await seenRepository(bench, name);
      equal(isSameLifecyclePolicy(lifecyclePolicy, JSON.stringify({ rules: [...rules].reverse() })), true);
    },
  },
];

function policyOfLength({ settings }: AwsBench, length: number): unknown {
  const policy = (value: string) =>
    pullPolicy([`arn:aws:iam::${settings.accountId}:root`], {
      Condition: { StringEquals: { 'aws:PrincipalOrgID': value } },
    });
  return policy('o'.repeat(length - JSON.stringify(policy('')).length));
}
