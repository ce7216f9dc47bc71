import { canonicalJson } from './canonical-json.ts';
import { byCodeUnit } from '../lib/by-code-unit.ts';
import type { CountType, LifecycleViolation } from './lifecycle.ts';

/** @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html */
const MAX_RULES = 50;
/** Wildcards that one tag pattern may hold. */
const MAX_WILDCARDS = 4;
const MAX_COUNT = 2_147_483_647;
/**
 * Days that an image is in the archive at least: "You cannot configure lifecycle policies that delete images that have been in
 * archive for less than 90 days".
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html
 */
const LEAST_ARCHIVE_DAYS = 90;

const COUNT_TYPES: readonly string[] = [
  'imageCountMoreThan',
  'sinceImagePushed',
  'sinceImagePulled',
  'sinceImageTransitioned',
] satisfies readonly CountType[];

/**
 * Everything in which a document breaks ECR's rules for its form. Whatever ECR's documentation does not speak of is
 * refused.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
export function brokenRules(document: unknown): readonly LifecycleViolation[] {
  const violations: LifecycleViolation[] = [];
  checkDocument(document, (field, detail) => violations.push({ field, detail }));
  return violations;
}

type Report = (field: string, detail: string) => void;
type Fields = Readonly<Record<string, unknown>>;

function checkDocument(document: unknown, report: Report): void {
  if (!isObject(document)) {
    report('', 'must be an object with "rules"');
    return;
  }
  checkFields(document, '', ['rules'], report);
  const rules = document['rules'];
  if (!Array.isArray(rules) || rules.length === 0 || rules.length > MAX_RULES) {
    report('/rules', `must be a list of 1 to ${MAX_RULES} rules`);
    return;
  }
  for (const [index, rule] of rules.entries()) checkRule(rule, `/rules/${index}`, report);
  checkRulesTogether(rules.map(partsOf), report);
}

function checkRule(rule: unknown, at: string, report: Report): void {
  if (!isObject(rule)) {
    report(at, 'must be an object');
    return;
  }
  checkFields(rule, at, ['rulePriority', 'description', 'selection', 'action'], report);
  if (!isCount(rule['rulePriority'])) report(`${at}/rulePriority`, 'must be a whole number from 1 up');
  if (rule['description'] !== undefined && !isText(rule['description'])) {
    report(`${at}/description`, 'must be text without control characters');
  }
  checkSelection(rule['selection'], `${at}/selection`, report);
  checkAction(rule, `${at}/action`, report);
}

const SELECTION_FIELDS = [
  'tagStatus',
  'tagPatternList',
  'tagPrefixList',
  'storageClass',
  'countType',
  'countUnit',
  'countNumber',
];

function checkSelection(selection: unknown, at: string, report: Report): void {
  if (!isObject(selection)) {
    report(at, 'must be an object with tagStatus, countType and countNumber');
    return;
  }
  checkFields(selection, at, SELECTION_FIELDS, report);
  checkTags(selection, at, report);
  checkCount(selection, at, report);
}

function checkTags(selection: Fields, at: string, report: Report): void {
  const lists = ['tagPatternList', 'tagPrefixList'].filter((list) => selection[list] !== undefined);
  const { tagStatus } = selection;
  if (tagStatus === 'tagged') {
    if (lists.length !== 1) report(at, 'tagStatus "tagged" needs exactly one of tagPatternList and tagPrefixList');
  } else if (tagStatus === 'untagged' || tagStatus === 'any') {
    for (const list of lists) report(`${at}/${list}`, 'only goes with tagStatus "tagged"');
  } else {
    report(`${at}/tagStatus`, 'must be "tagged", "untagged" or "any"');
  }
  checkList(selection['tagPatternList'], `${at}/tagPatternList`, isTagPattern, PATTERN_RULE, report);
  checkList(selection['tagPrefixList'], `${at}/tagPrefixList`, isTagPrefix, PREFIX_RULE, report);
}

const PREFIX_RULE = 'must be the beginning of an image tag: letters, digits, "_", "." and "-", at most 128';
const PATTERN_RULE = `must be an image tag with at most ${MAX_WILDCARDS} wildcards "*"`;

function isTagPrefix(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text);
}

function isTagPattern(text: string): boolean {
  return /^[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,127}$/.test(text) && text.split('*').length - 1 <= MAX_WILDCARDS;
}

function checkList(list: unknown, at: string, allows: (text: string) => boolean, rule: string, report: Report): void {
  if (list === undefined) return;
  if (!Array.isArray(list) || list.length === 0) {
    report(at, 'must be a list of at least one text');
    return;
  }
  for (const [index, entry] of list.entries()) {
    if (typeof entry !== 'string' || !allows(entry)) report(`${at}/${index}`, rule);
    else if (list.indexOf(entry) !== index) report(`${at}/${index}`, `"${entry}" appears in this list twice`);
  }
}

function checkCount(selection: Fields, at: string, report: Report): void {
  const { countType, countUnit, countNumber, storageClass } = selection;
  if (!isCount(countNumber)) report(`${at}/countNumber`, 'must be a whole number from 1 up');
  if (typeof countType !== 'string' || !COUNT_TYPES.includes(countType)) {
    report(`${at}/countType`, `must be one of ${COUNT_TYPES.join(', ')}`);
    return;
  }
  const unit = countType === 'imageCountMoreThan' ? undefined : 'days';
  if (countUnit !== unit) {
    report(
      `${at}/countUnit`,
      unit === undefined ? `must be left out for ${countType}` : `must be "days" for ${countType}`,
    );
  }
  // sinceImageTransitioned counts from the day of archiving, so it selects archived images and no others do.
  if (countType === 'sinceImageTransitioned') {
    if (storageClass !== 'archive') report(`${at}/storageClass`, `must be "archive" for ${countType}`);
    if (isCount(countNumber) && countNumber < LEAST_ARCHIVE_DAYS) {
      const why = 'ECR keeps every archived image so long';
      report(`${at}/countNumber`, `must be ${LEAST_ARCHIVE_DAYS} or more for ${countType}: ${why}`);
    }
  } else if (storageClass !== undefined && storageClass !== 'standard') {
    report(`${at}/storageClass`, `must be "standard" or left out for ${countType}`);
  }
}

function checkAction(rule: Fields, at: string, report: Report): void {
  const action = rule['action'];
  if (!isObject(action)) {
    report(at, 'must be an object with a type');
    return;
  }
  checkFields(action, at, ['type', 'targetStorageClass'], report);
  const { type, targetStorageClass } = action;
  if (type === 'expire') {
    if (targetStorageClass !== undefined) report(`${at}/targetStorageClass`, 'only goes with type "transition"');
    if (partsOf(rule).countType === 'sinceImagePulled') {
      // The documentation has examples that expire such images; the service refuses them.
      // https://github.com/aws/containers-roadmap/issues/2728
      const instead = 'archive them, and expire them by sinceImageTransitioned in another rule';
      report(`${at}/type`, `must be "transition" for sinceImagePulled: ECR only archives by the last pull; ${instead}`);
    }
  } else if (type === 'transition') {
    if (targetStorageClass !== 'archive') report(`${at}/targetStorageClass`, 'must be "archive" for "transition"');
    if (partsOf(rule).storageClass === 'archive') {
      report(`${at}/type`, 'must be "expire" for images that are archived already');
    }
  } else {
    report(`${at}/type`, 'must be "expire" or "transition"');
  }
}

/** What the rules taken together are compared by. */
interface RuleParts {
  readonly priority: unknown;
  readonly status: unknown;
  readonly storageClass: unknown;
  readonly countType: unknown;
  /** The tags that the rule selects, in a form that is equal for equal sets; absent for none. */
  readonly tags?: string;
}

function partsOf(rule: unknown): RuleParts {
  const fields = isObject(rule) ? rule : {};
  const selection = isObject(fields['selection']) ? fields['selection'] : {};
  const { tagStatus: status, storageClass = 'standard', countType, tagPatternList, tagPrefixList } = selection;
  const list = tagPatternList ?? tagPrefixList;
  return {
    priority: fields['rulePriority'],
    status,
    storageClass,
    countType,
    ...(isTextList(list) && {
      tags: canonicalJson([tagPatternList === undefined ? 'prefix' : 'pattern', [...list].sort(byCodeUnit)]),
    }),
  };
}

/**
 * What ECR asks of the rules taken together. The documentation says that a rule with `any` comes last of all; the service
 * says "Rule for tagStatus=ANY must have the lowest priority per storage class", and the service is followed.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html#lp_evaluation_rules
 */
function checkRulesTogether(rules: readonly RuleParts[], report: Report): void {
  for (const [index, rule] of rules.entries()) {
    const before = rules.slice(0, index);
    const at = `/rules/${index}`;
    const twin = before.findIndex((other) => isCount(rule.priority) && other.priority === rule.priority);
    if (twin >= 0) report(`${at}/rulePriority`, `must be unique; /rules/${twin} has ${String(rule.priority)} already`);
    const highest = highestOf(rules.filter((other) => other.storageClass === rule.storageClass));
    if (rule.status === 'any' && isCount(rule.priority) && rule.priority < highest) {
      const scope = `of the storage class ${JSON.stringify(rule.storageClass)}`;
      report(`${at}/rulePriority`, `must be the highest ${scope}, because tagStatus is "any"; that is ${highest}`);
    }
    const sameClass = before.filter((other) => other.storageClass === rule.storageClass);
    if (rule.status !== 'tagged' && sameClass.some((other) => other.status === rule.status)) {
      report(`${at}/selection/tagStatus`, `only one rule may have "${String(rule.status)}"`);
    }
    if (rule.tags !== undefined && sameClass.some((other) => other.tags === rule.tags)) {
      report(`${at}/selection`, 'must not select the same tags as a rule before');
    }
  }
}

function highestOf(rules: readonly RuleParts[]): number {
  return Math.max(0, ...rules.map(({ priority }) => (isCount(priority) ? priority : 0)));
}

function checkFields(fields: Fields, at: string, known: readonly string[], report: Report): void {
  for (const name of Object.keys(fields)) {
    if (known.includes(name)) continue;
    report(`${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, `unknown field; allowed: ${known.join(', ')}`);
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_COUNT;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && !/\p{Cc}/u.test(value);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}
