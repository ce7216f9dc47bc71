import { Ajv } from 'ajv';

const strings = { type: 'array', minItems: 1, items: { type: 'string', minLength: 1, maxLength: 300 } };

/** @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html */
const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    rules: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['rulePriority', 'selection', 'action'],
        properties: {
          rulePriority: { type: 'integer', minimum: 1 },
          description: { type: 'string', maxLength: 256 },
          selection: {
            type: 'object',
            additionalProperties: false,
            required: ['tagStatus', 'countType', 'countNumber'],
            properties: {
              tagStatus: { enum: ['tagged', 'untagged', 'any'] },
              tagPrefixList: strings,
              tagPatternList: strings,
              storageClass: { enum: ['standard', 'archive'] },
              countType: {
                enum: ['imageCountMoreThan', 'sinceImagePushed', 'sinceImagePulled', 'sinceImageTransitioned'],
              },
              countUnit: { enum: ['days'] },
              countNumber: { type: 'integer', minimum: 1 },
            },
          },
          action: {
            type: 'object',
            additionalProperties: false,
            required: ['type'],
            properties: { type: { enum: ['expire', 'transition'] }, targetStorageClass: { enum: ['archive'] } },
          },
        },
      },
    },
  },
} as const;

interface LifecyclePolicy {
  readonly rules: readonly {
    readonly rulePriority: number;
    readonly selection: {
      readonly tagStatus: string;
      readonly tagPrefixList?: readonly string[];
      readonly tagPatternList?: readonly string[];
      readonly countType: string;
      readonly countUnit?: string;
    };
    readonly action: { readonly type: string; readonly targetStorageClass?: string };
  }[];
}

let compiled: ((data: unknown) => data is LifecyclePolicy) | undefined;
const ajv = new Ajv({ allErrors: false });

/** Why ECR would not take a lifecycle policy; `undefined` if it would. */
export function lifecycleFault(text: string): string | undefined {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    return 'string is not JSON';
  }
  compiled ??= ajv.compile<LifecyclePolicy>(schema);
  if (!compiled(policy)) return ajv.errorsText((compiled as { errors?: null | [] }).errors ?? null);
  const priorities = policy.rules.map(({ rulePriority }) => rulePriority);
  if (new Set(priorities).size !== priorities.length) return 'rule priorities are not unique';
  const catchAll = policy.rules.find(({ selection }) => selection.tagStatus === 'any');
  if (catchAll !== undefined && catchAll.rulePriority !== Math.max(...priorities)) {
    return 'a rule with tagStatus any must have the highest rulePriority';
  }
  return policy.rules.map(ruleFault).find((fault) => fault !== undefined);
}

function ruleFault({ selection, action }: LifecyclePolicy['rules'][number]): string | undefined {
  const lists = Number(selection.tagPrefixList !== undefined) + Number(selection.tagPatternList !== undefined);
  if (selection.tagStatus === 'tagged' && lists !== 1) {
    return 'tagStatus tagged needs one of tagPrefixList and tagPatternList';
  }
  if (selection.tagStatus !== 'tagged' && lists > 0) return `tagStatus ${selection.tagStatus} takes no list of tags`;
  if (selection.tagPatternList?.some((pattern) => pattern.split('*').length > 5)) {
    return 'a tag pattern has at most four wildcards';
  }
  if ((selection.countType === 'imageCountMoreThan') !== (selection.countUnit === undefined)) {
    return 'countUnit goes with a countType that counts days, and only with it';
  }
  return (action.type === 'transition') === (action.targetStorageClass !== undefined)
    ? undefined
    : 'targetStorageClass goes with the action transition, and only with it';
}
