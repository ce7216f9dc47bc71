import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import t from 'tap';
import {
  checkLifecyclePolicy,
  isLifecyclePreset,
  isSameLifecyclePolicy,
  LIFECYCLE_PRESETS,
  lifecycleDocument,
  type LifecyclePolicy,
  lifecyclePolicyText,
} from '../../src/model/lifecycle.ts';
import { runs } from '../support/extent.ts';

/** A rule of each kind that ECR documents. */
const expireOld = {
  rulePriority: 9,
  selection: { tagStatus: 'any', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 90 },
  action: { type: 'expire' },
};
const keepReleases = {
  rulePriority: 1,
  description: 'Keep releases',
  selection: { tagStatus: 'tagged', tagPatternList: ['v*.*.*'], countType: 'imageCountMoreThan', countNumber: 10 },
  action: { type: 'expire' },
};
const archive = {
  rulePriority: 2,
  selection: {
    tagStatus: 'tagged',
    tagPrefixList: ['prod'],
    countType: 'sinceImagePulled',
    countUnit: 'days',
    countNumber: 60,
  },
  action: { type: 'transition', targetStorageClass: 'archive' },
};
const expireArchived = {
  rulePriority: 3,
  selection: {
    tagStatus: 'untagged',
    storageClass: 'archive',
    countType: 'sinceImageTransitioned',
    countUnit: 'days',
    countNumber: 365,
  },
  action: { type: 'expire' },
};
const valid = { rules: [keepReleases, archive, expireArchived, expireOld] };

function fieldsOf(document: unknown): readonly string[] {
  return checkLifecyclePolicy(document).map(({ field }) => field);
}

/** The document of one rule, with parts of its selection replaced; `undefined` takes a part out. */
function withSelection(parts: Readonly<Record<string, unknown>>, rule: object = keepReleases): unknown {
  const { selection } = rule as typeof keepReleases;
  return JSON.parse(JSON.stringify({ rules: [{ ...rule, selection: { ...selection, ...parts } }] })) as unknown;
}

void t.test('a document with every kind of rule that ECR documents is accepted', async (t) => {
  t.strictSame(checkLifecyclePolicy(valid), []);
  const unarchived = { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 5 };
  const untagged = { rulePriority: 4, selection: unarchived, action: { type: 'expire' } };
  t.strictSame(checkLifecyclePolicy({ rules: [expireArchived, untagged] }), [], 'untagged in each storage class');
  for (const rule of valid.rules) t.strictSame(checkLifecyclePolicy({ rules: [rule] }), [], JSON.stringify(rule));
});

void t.test('any is last per storage class, so that what is archived can be deleted later', async (t) => {
  const archiveAll = { ...archive, selection: { ...expireOld.selection, countType: 'sinceImagePulled' } };
  const { tagStatus, ...ofArchive } = expireArchived.selection;
  for (const later of [{ tagStatus }, { tagStatus: 'any' }, { tagStatus: 'tagged', tagPatternList: ['v*'] }]) {
    const rules = [archiveAll, { ...expireArchived, selection: { ...ofArchive, ...later } }];
    t.strictSame(checkLifecyclePolicy({ rules }), [], JSON.stringify(later));
  }
  t.strictSame(fieldsOf(withSelection({ countNumber: 90 }, expireArchived)), [], 'the shortest archive');
});

void t.test('property: the order of rules and of tags is no difference, and anything else is one', async (t) => {
  const rule = { ...keepReleases, selection: { ...keepReleases.selection, tagPatternList: ['v*', '*.*', 'r-*'] } };
  const text = JSON.stringify({ rules: [rule, archive, expireArchived, expireOld] });
  const orders = fc.record({
    rules: fc.shuffledSubarray([archive, expireArchived, expireOld], { minLength: 3 }),
    tags: fc.shuffledSubarray(rule.selection.tagPatternList, { minLength: 3 }),
    explicit: fc.boolean(),
  });
  fc.assert(
    fc.property(orders, ({ rules, tags, explicit }) => {
      const selection = { ...rule.selection, tagPatternList: tags, ...(explicit ? { storageClass: 'standard' } : {}) };
      return isSameLifecyclePolicy(text, JSON.stringify({ rules: [...rules, { ...rule, selection }] }));
    }),
  );
  const others = [
    { rules: [rule, archive, expireOld] },
    { rules: [rule, archive, expireArchived, { ...expireOld, rulePriority: 10 }] },
    { rules: [rule, archive, expireArchived, expireOld], more: true },
    { rules: [rule, archive, { ...expireArchived, description: 'x' }, expireOld] },
    { rules: 'none' },
    { rules: [null, 7, { selection: null }] },
    null,
  ];
  for (const other of others) t.notOk(isSameLifecyclePolicy(text, JSON.stringify(other)), JSON.stringify(other));
  t.notOk(isSameLifecyclePolicy(text, undefined));
  t.ok(isSameLifecyclePolicy(undefined, undefined));
});

void t.test('every preset is a document that ECR takes', async (t) => {
  for (const preset of LIFECYCLE_PRESETS) {
    t.strictSame(checkLifecyclePolicy(lifecycleDocument(preset)), [], preset);
    t.ok(isLifecyclePreset(preset));
  }
  for (const name of ['', 'keep-last-31', 'toString', '__proto__', 'constructor'])
    t.notOk(isLifecyclePreset(name), name);
});

void t.test('every preset is explained in the documentation, with the very document that it stands for', async (t) => {
  const page = readFileSync(new URL('../../docs/lifecycle.md', import.meta.url), 'utf8');
  for (const preset of LIFECYCLE_PRESETS) {
    const section = page.split(/^## /m).find((part) => part.startsWith(`\`${preset}\``)) ?? '';
    const json = /```json\n([^]*?)```/.exec(section)?.[1] ?? 'null';
    t.strictSame(JSON.parse(json), lifecycleDocument(preset), preset);
  }
});

void t.test('what ECR would refuse is refused, with a pointer to where', async (t) => {
  const table: readonly (readonly [string, unknown, readonly string[]])[] = [
    ['not an object', [], ['']],
    ['nothing', null, ['']],
    ['a text', JSON.stringify(valid), ['']],
    ['no rules', {}, ['/rules']],
    ['an empty list', { rules: [] }, ['/rules']],
    ['51 rules', { rules: Array.from({ length: 51 }, () => expireOld) }, ['/rules']],
    ['a field that is not known', { ...valid, 'a/b~c': 1 }, ['/a~1b~0c']],
    ['a rule that is none', { rules: [null] }, ['/rules/0']],
    ['an unknown field of a rule', { rules: [{ ...expireOld, enabled: true }] }, ['/rules/0/enabled']],
    ['priority 0', { rules: [{ ...expireOld, rulePriority: 0 }] }, ['/rules/0/rulePriority']],
    ['a broken priority', { rules: [{ ...expireOld, rulePriority: 1.5 }] }, ['/rules/0/rulePriority']],
    ['a priority as text', { rules: [{ ...expireOld, rulePriority: '1' }] }, ['/rules/0/rulePriority']],
    ['no priority', { rules: [{ ...expireOld, rulePriority: undefined }] }, ['/rules/0/rulePriority']],
    ['a description that is no text', { rules: [{ ...expireOld, description: 7 }] }, ['/rules/0/description']],
    [
      'a description of half a character',
      { rules: [{ ...expireOld, description: '\ud800' }] },
      ['/rules/0/description'],
    ],
    ['no selection', { rules: [{ ...expireOld, selection: undefined }] }, ['/rules/0/selection']],
    ['no action', { rules: [{ ...expireOld, action: undefined }] }, ['/rules/0/action']],
    ['another action', { rules: [{ ...expireOld, action: { type: 'delete' } }] }, ['/rules/0/action/type']],
    [
      'expire with a target',
      { rules: [{ ...expireOld, action: { type: 'expire', targetStorageClass: 'archive' } }] },
      ['/rules/0/action/targetStorageClass'],
    ],
    [
      'transition without a target',
      { rules: [{ ...expireOld, action: { type: 'transition' } }] },
      ['/rules/0/action/targetStorageClass'],
    ],
    [
      'a transition of what is archived',
      { rules: [{ ...expireArchived, action: { type: 'transition', targetStorageClass: 'archive' } }] },
      ['/rules/0/action/type'],
    ],
    ['another tagStatus', withSelection({ tagStatus: 'Tagged' }), ['/rules/0/selection/tagStatus']],
    ['tagged without tags', withSelection({ tagPatternList: undefined }), ['/rules/0/selection']],
    ['tagged with both lists', withSelection({ tagPrefixList: ['v'] }), ['/rules/0/selection']],
    ['untagged with tags', withSelection({ tagStatus: 'untagged' }), ['/rules/0/selection/tagPatternList']],
    ['any with tags', withSelection({ tagPrefixList: ['v'] }, expireOld), ['/rules/0/selection/tagPrefixList']],
    ['an empty list of tags', withSelection({ tagPatternList: [] }), ['/rules/0/selection/tagPatternList']],
    ['five wildcards', withSelection({ tagPatternList: ['*a*b*c*d*'] }), ['/rules/0/selection/tagPatternList/0']],
    ['a tag that cannot be', withSelection({ tagPatternList: ['v*', 'a b'] }), ['/rules/0/selection/tagPatternList/1']],
    [
      'the same pattern twice',
      withSelection({ tagPatternList: ['v*', 'v*'] }),
      ['/rules/0/selection/tagPatternList/1'],
    ],
    [
      'a wildcard in a prefix',
      withSelection({ tagPatternList: undefined, tagPrefixList: ['v*'] }),
      ['/rules/0/selection/tagPrefixList/0'],
    ],
    ['another countType', withSelection({ countType: 'imageCountLessThan' }), ['/rules/0/selection/countType']],
    ['days for a count', withSelection({ countUnit: 'days' }), ['/rules/0/selection/countUnit']],
    ['an age without a unit', withSelection({ countUnit: undefined }, expireOld), ['/rules/0/selection/countUnit']],
    ['an age in hours', withSelection({ countUnit: 'hours' }, expireOld), ['/rules/0/selection/countUnit']],
    ['a count of 0', withSelection({ countNumber: 0 }), ['/rules/0/selection/countNumber']],
    ['a negative count', withSelection({ countNumber: -1 }), ['/rules/0/selection/countNumber']],
    ['a count as text', withSelection({ countNumber: '10' }), ['/rules/0/selection/countNumber']],
    ['archived images by push', withSelection({ storageClass: 'archive' }), ['/rules/0/selection/storageClass']],
    [
      'time since archiving without archive',
      withSelection({ storageClass: 'standard' }, expireArchived),
      ['/rules/0/selection/storageClass'],
    ],
    ['the same priority twice', { rules: [keepReleases, { ...archive, rulePriority: 1 }] }, ['/rules/1/rulePriority']],
    [
      'any before others',
      { rules: [keepReleases, { ...expireOld, rulePriority: 1 }, archive] },
      ['/rules/1/rulePriority', '/rules/1/rulePriority'],
    ],
    ['any that is not last', { rules: [{ ...expireOld, rulePriority: 1 }, archive] }, ['/rules/0/rulePriority']],
    [
      'any twice',
      { rules: [{ ...expireOld, rulePriority: 8 }, expireOld] },
      ['/rules/0/rulePriority', '/rules/1/selection/tagStatus'],
    ],
    [
      'untagged twice',
      { rules: [expireArchived, { ...expireArchived, rulePriority: 4 }] },
      ['/rules/1/selection/tagStatus'],
    ],
    ['expired by the last pull', { rules: [{ ...archive, action: { type: 'expire' } }] }, ['/rules/0/action/type']],
    ['too short an archive', withSelection({ countNumber: 89 }, expireArchived), ['/rules/0/selection/countNumber']],
    [
      'any that is not last in the archive',
      {
        rules: [
          { ...expireArchived, selection: { ...expireArchived.selection, tagStatus: 'any' } },
          { ...expireArchived, rulePriority: 4 },
        ],
      },
      ['/rules/0/rulePriority'],
    ],
    ['the same tags twice', { rules: [archive, { ...archive, rulePriority: 4 }] }, ['/rules/1/selection']],
    [
      'several at once',
      { rules: [{ rulePriority: 0, selection: { tagStatus: 'x', countType: 'y', countNumber: 0 }, action: {} }] },
      [
        '/rules/0/rulePriority',
        '/rules/0/selection/tagStatus',
        '/rules/0/selection/countNumber',
        '/rules/0/selection/countType',
        '/rules/0/action/type',
      ],
    ],
  ];
  for (const [name, document, fields] of table) t.strictSame(fieldsOf(document), fields, name);
});

void t.test('the text stays within what ECR takes', async (t) => {
  const described = (length: number) => ({ rules: [{ ...expireOld, description: 'x'.repeat(length) }] });
  const overhead = lifecyclePolicyText(lifecycleDocument('keep-last-30')).length;
  t.ok(overhead >= 100);
  const room = 30_720 - JSON.stringify(described(0)).length;
  t.strictSame(fieldsOf(described(room)), [], 'exactly 30,720 characters');
  t.strictSame(fieldsOf(described(room + 1)), [''], 'one more');
});

void t.test('property: the order in which a document is written does not change its text', async (t) => {
  const shuffled = (value: unknown, turn: boolean): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).map(([key, part]) => [key, shuffled(part, turn)] as const);
    return Object.fromEntries(turn ? entries.reverse() : entries);
  };
  const rules = fc.subarray([keepReleases, archive, expireArchived, expireOld], { minLength: 1 });
  fc.assert(
    fc.property(rules, (rules) => {
      const turned = { rules: rules.map((rule) => shuffled(rule, true)) };
      const text = lifecyclePolicyText(turned as LifecyclePolicy);
      return (
        fieldsOf(turned).length === 0 &&
        text === lifecyclePolicyText({ rules } as LifecyclePolicy) &&
        text === JSON.stringify(JSON.parse(text))
      );
    }),
  );
  t.pass();
});

void t.test('property: no JSON makes the check throw, and what it accepts it accepts again', async (t) => {
  const nearly = fc.record({
    rules: fc.array(
      fc.record(
        {
          rulePriority: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.jsonValue()),
          selection: fc.oneof(
            fc.constantFrom(...valid.rules.map(({ selection }): unknown => selection)),
            fc.dictionary(fc.constantFrom('tagStatus', 'tagPrefixList', 'countType', 'countNumber'), fc.jsonValue()),
          ),
          action: fc.constantFrom<unknown>(
            { type: 'expire' },
            { type: 'transition', targetStorageClass: 'archive' },
            7,
          ),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 4 },
    ),
  });
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(nearly, fc.jsonValue()), (document) => {
      if (fieldsOf(document).length > 0) return true;
      accepted += 1;
      const text = lifecyclePolicyText(document as LifecyclePolicy);
      return text.length >= 100 && text.length <= 30_720 && fieldsOf(JSON.parse(text)).length === 0;
    }),
    // A small sample may hold no document that is accepted, so one is always among them.
    { numRuns: runs(3000), examples: [[valid]] },
  );
  t.not(accepted, 0, 'some were accepted');
});
