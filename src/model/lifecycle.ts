import { byCodeUnit } from '../lib/by-code-unit.ts';
import { canonicalJson, isSameJson } from './canonical-json.ts';
import { brokenRules } from './lifecycle-rules.ts';

/** A named lifecycle policy; each is explained in docs/lifecycle.md. */
export type LifecyclePreset = 'keep-last-30' | 'keep-last-100' | 'expire-untagged-14-days' | 'keep-releases';

/** How images are counted or aged. The `since…` types count days. */
export type CountType = 'imageCountMoreThan' | 'sinceImagePushed' | 'sinceImagePulled' | 'sinceImageTransitioned';

/** One rule of a lifecycle policy. */
export interface LifecycleRule {
  readonly rulePriority: number;
  readonly description?: string;
  readonly selection: {
    readonly tagStatus: 'tagged' | 'untagged' | 'any';
    readonly tagPatternList?: readonly string[];
    readonly tagPrefixList?: readonly string[];
    readonly storageClass?: 'standard' | 'archive';
    readonly countType: CountType;
    readonly countUnit?: 'days';
    readonly countNumber: number;
  };
  readonly action: { readonly type: 'expire' | 'transition'; readonly targetStorageClass?: 'archive' };
}

/**
 * A lifecycle policy document as ECR takes it.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
export interface LifecyclePolicy {
  readonly rules: readonly LifecycleRule[];
}

const expireUntagged: LifecycleRule = {
  rulePriority: 10,
  description: 'Expire images without a tag 14 days after their push',
  selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
  action: { type: 'expire' },
};

function keepLast(count: number): LifecycleRule {
  return {
    rulePriority: 100,
    description: `Keep the newest ${count} images`,
    selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: count },
    action: { type: 'expire' },
  };
}

const presets: Readonly<Record<LifecyclePreset, LifecyclePolicy>> = {
  'keep-last-30': { rules: [keepLast(30)] },
  'keep-last-100': { rules: [keepLast(100)] },
  'expire-untagged-14-days': { rules: [expireUntagged] },
  // An image that a rule's tags match is out of reach of every later rule: the first rule shelters the releases.
  'keep-releases': {
    rules: [
      {
        rulePriority: 1,
        description: 'Keep releases: the newest 1,000 images with a version tag such as 1.4.2 or v1.4.2',
        selection: {
          tagStatus: 'tagged',
          tagPatternList: ['*.*.*'],
          countType: 'imageCountMoreThan',
          countNumber: 1000,
        },
        action: { type: 'expire' },
      },
      expireUntagged,
      {
        rulePriority: 100,
        description: 'Expire every other image 90 days after its push',
        selection: { tagStatus: 'any', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 90 },
        action: { type: 'expire' },
      },
    ],
  },
};

/** The names of all presets, in the order in which they are documented. */
export const LIFECYCLE_PRESETS: readonly LifecyclePreset[] = [
  'keep-last-30',
  'keep-last-100',
  'expire-untagged-14-days',
  'keep-releases',
];

/** Whether the text names a preset. */
export function isLifecyclePreset(text: string): text is LifecyclePreset {
  return Object.hasOwn(presets, text);
}

/** The document that a preset stands for. */
export function lifecycleDocument(preset: LifecyclePreset): LifecyclePolicy {
  return presets[preset];
}

/** The text of a document in the one form that we store, compare and send (RFC 8785). */
export function lifecyclePolicyText(policy: LifecyclePolicy): string {
  return canonicalJson(policy);
}

/**
 * Whether two texts are one lifecycle policy to ECR, which goes by `rulePriority`: the order of rules and of the tags in a
 * list means nothing, and `standard` is what a rule without a storage class selects. Takes any JSON: what ECR gives back
 * need not be of our writing.
 */
export function isSameLifecyclePolicy(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || isSameJson(normalPolicy(JSON.parse(a)), normalPolicy(JSON.parse(b)));
}

function normalPolicy(value: unknown): unknown {
  if (!isObject(value) || !Array.isArray(value['rules'])) return value;
  return { ...value, rules: inOrder(value['rules'].map(normalRule)) };
}

function normalRule(rule: unknown): unknown {
  if (!isObject(rule) || !isObject(rule['selection'])) return rule;
  const { storageClass = 'standard', ...selection } = rule['selection'];
  const sorted = Object.entries(selection).map(([name, value]) => [
    name,
    Array.isArray(value) ? inOrder(value) : value,
  ]);
  return { ...rule, selection: { storageClass, ...Object.fromEntries(sorted) } };
}

function inOrder(values: readonly unknown[]): readonly string[] {
  return values.map((value) => canonicalJson(value)).sort(byCodeUnit);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One thing that is wrong with a document. */
export interface LifecycleViolation {
  /** JSON pointer into the document (RFC 6901); empty for the document as a whole. */
  readonly field: string;
  /** What is wrong and what would do, for people. */
  readonly detail: string;
}

/**
 * ECR's bounds on the text of a document, in characters.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
 */
const TEXT_LENGTH = { min: 100, max: 30_720 } as const;

/**
 * Checks a document against ECR's rules before ECR does, and finds everything that is wrong at once. Without a
 * violation the document is a {@link LifecyclePolicy}.
 */
export function checkLifecyclePolicy(document: unknown): readonly LifecycleViolation[] {
  const broken = brokenRules(document);
  if (broken.length > 0) return broken;
  const { length } = lifecyclePolicyText(document as LifecyclePolicy);
  if (length >= TEXT_LENGTH.min && length <= TEXT_LENGTH.max) return [];
  return [{ field: '', detail: `has ${length} characters; ECR takes ${TEXT_LENGTH.min} to ${TEXT_LENGTH.max}` }];
}
