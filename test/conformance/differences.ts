import type { TargetName } from './target-name.ts';

/** A promise of AWS that a target does not keep. */
export interface Difference {
  readonly target: TargetName;
  /** The checks that fail there because of it. */
  readonly checks: readonly string[];
  /** The target fails them only now and then. */
  readonly sometimes?: true;
  /** What AWS does. */
  readonly aws: string;
  /** What the target does. */
  readonly here: string;
  /** How we know what AWS does. */
  readonly source: string;
}

const ECR_MODEL = 'ECR’s API model';
const IAM_MODEL = 'IAM’s API model';

/** Every difference that the conformance suite knows; docs/local-differences.md shows the same rows. */
export const DIFFERENCES: readonly Difference[] = [
  {
    target: 'moto',
    checks: ['ecr/create/unknown-key', 'ecr/create/encryption'],
    aws: 'refuses an unknown kind of encryption, and a KMS key that it cannot use as `KmsException`',
    here: 'takes any',
    source: '[CreateRepository](https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html)',
  },
  {
    target: 'moto',
    checks: ['ecr/create/odd-names'],
    aws: 'takes two underscores in a row in a repository’s name',
    here: 'refuses them',
    source: `${ECR_MODEL}: the pattern of \`RepositoryName\``,
  },
  {
    target: 'moto',
    checks: ['ecr/create/length-of-name', 'ecr/create/exclusions-limits'],
    aws: 'has lengths of 2 to 256 for a name and 1 to 128 for an exclusion filter, and at most 5 filters',
    here: 'knows no lengths',
    source: `${ECR_MODEL}: \`RepositoryName\`, \`ImageTagMutabilityExclusionFilters\``,
  },
  {
    target: 'moto',
    checks: ['ecr/create/too-many-tags', 'ecr/create/bad-tags', 'iam/create/bad-tags'],
    aws: 'takes at most 50 tags, with keys that are not its own and within the lengths and characters of tags',
    here: 'takes any tags on a repository; of roles it checks the number only',
    source: '[Tagging](https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html)',
  },
  {
    target: 'moto',
    checks: ['ecr/policy/rewritten-principals'],
    aws: 'gives an account’s number back as the ARN of its root',
    here: 'gives the policy back as it was written',
    source:
      '[AWS principals](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts)',
  },
  {
    target: 'moto',
    checks: ['ecr/policy/too-long', 'ecr/lifecycle/too-long'],
    aws: 'takes 10,240 characters of repository policy and 30,720 of lifecycle policy',
    here: 'knows no sizes',
    source: `${ECR_MODEL}: \`RepositoryPolicyText\`, \`LifecyclePolicyText\``,
  },
  {
    target: 'moto',
    checks: ['ecr/policy/unknown-principal', 'iam/trust/unknown-principal'],
    aws: 'refuses a resource’s policy that names a principal that does not exist',
    here: 'takes any principal',
    source:
      '[Invalid principal](https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html#troubleshoot_policies-invalid-principal-in-policy)',
  },
  {
    target: 'moto',
    checks: ['ecr/policy/other-service', 'ecr/policy/registry-action'],
    aws: 'refuses a repository policy about another service’s actions, or about actions on the registry',
    here: 'takes any action',
    source: 'second-hand: reports of “Invalid repository policy provided” for such policies',
  },
  {
    target: 'moto',
    checks: ['ecr/lifecycle/no-rules', 'ecr/lifecycle/same-priority'],
    aws: 'asks for at least one rule, and for a priority of its own in each',
    here: 'takes a policy without rules, and one priority twice',
    source:
      '[Lifecycle policy parameters](https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html)',
  },
  {
    target: 'moto',
    checks: ['ecr/lifecycle/any-per-storage-class'],
    aws: 'archives images, and has a last rule for each storage class',
    here: 'knows no archive',
    source: '[Archiving an image](https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html)',
  },
  {
    target: 'moto',
    checks: ['iam/create/name-taken-in-another-case'],
    aws: 'has a role’s name once, whatever its case',
    here: 'tells cases apart',
    source:
      '[CreateRole](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html): “names are not distinguished by case”',
  },
  {
    target: 'moto',
    checks: [
      'iam/create/length-of-name',
      'iam/create/pattern-of-name',
      'iam/create/path',
      'iam/create/session',
      'iam/inline/name',
    ],
    aws: 'holds names, paths and session lengths to patterns and limits',
    here: 'takes any',
    source: `${IAM_MODEL}: \`roleNameType\`, \`pathType\`, \`roleMaxSessionDurationType\`, \`policyNameType\``,
  },
  {
    target: 'moto',
    checks: ['iam/create/unknown-boundary'],
    aws: 'refuses a boundary that is not there as `NoSuchEntity`',
    here: 'takes any ARN of a policy',
    source:
      '[Permissions boundaries](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html), and second-hand reports of the message',
  },
  {
    target: 'moto',
    checks: ['iam/create/malformed-trust'],
    aws: 'reads a trust policy when the role is made',
    here: 'reads it only when it is replaced',
    source:
      '[CreateRole](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html): `MalformedPolicyDocument`',
  },
  {
    target: 'moto',
    checks: ['iam/create/trust-without-sub', 'iam/trust/without-sub'],
    aws: 'refuses trust in GitHub’s issuer that does not look at `sub` or `job_workflow_ref`',
    here: 'takes it',
    source:
      '[Secure by default](https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html)',
  },
  {
    target: 'moto',
    checks: ['iam/trust/too-long', 'iam/inline/too-long'],
    aws: 'refuses documents over the role’s quotas as `LimitExceeded`',
    here: 'knows no sizes of a role’s documents',
    source: '[Quotas](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)',
  },
  {
    target: 'moto',
    checks: ['iam/inline/principal'],
    aws: 'refuses a principal in a role’s own policy',
    here: 'takes it',
    source:
      '[Principal](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html): “You cannot use the Principal element in an identity-based policy”',
  },
  {
    target: 'moto',
    checks: ['sts/forged-token', 'story: Nobody else’s token may'],
    aws: 'verifies the token’s signature, issuer, audience and times, and evaluates the trust policy',
    here: 'gives credentials for any token and any trust policy',
    source:
      '[AssumeRoleWithWebIdentity](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html): `InvalidIdentityToken`',
  },
  {
    target: 'moto',
    checks: ['story: The EKS accounts may pull; an account that nobody listed cannot'],
    aws: 'evaluates repository policies',
    here: 'keeps them, and lets everybody pull',
    source: '[Repository policies](https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html)',
  },
  {
    target: 'moto',
    checks: ['ledger/commit/race', 'ledger/chain', 'ledger/lease'],
    sometimes: true,
    aws: 'isolates transactions and conditional writes from each other',
    here: 'does not: one that fails may take another’s writes back with its own',
    source:
      '[Isolation](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation)',
  },
];

/** The difference that makes a check fail on a target. */
export function differenceOf(target: TargetName, check: string): Difference | undefined {
  return DIFFERENCES.find((difference) => difference.target === target && difference.checks.includes(check));
}

/** A difference as a row of the table in docs/local-differences.md. */
export function rowOf({ target, sometimes, checks, aws, here, source }: Difference): string {
  return `| ${target}${sometimes === true ? ' (at times)' : ''} | ${checks.map((check) => `\`${check}\``).join(', ')} | ${aws} | ${here} | ${source} |`;
}
