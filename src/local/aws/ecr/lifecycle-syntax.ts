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
      readonly storageClass?: string;
      readonly countType: string;
      readonly countUnit?: string;
      readonly countNumber: number;
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
  return togetherFault(policy.rules) ?? policy.rules.map(ruleFault).find((fault) => fault !== undefined);
}

type Rule = LifecyclePolicy['rules'][number];

/** Where the texts are in quotation marks in comments, the service itself was seen to answer so. */
function togetherFault(rules: readonly Rule[]): string | undefined {
  const classOf = ({ selection }: Rule): string => selection.storageClass ?? 'standard';
  for (const storageClass of ['standard', 'archive']) {
    const ofClass = rules.filter((rule) => classOf(rule) === storageClass);
    const last = Math.max(...ofClass.map(({ rulePriority }) => rulePriority));
    const withStatus = (status: string): readonly Rule[] =>
      ofClass.filter(({ selection }) => selection.tagStatus === status);
    // "Rule for tagStatus=ANY must have the lowest priority per storage class"
    if (withStatus('any').some(({ rulePriority }) => rulePriority !== last)) {
      return 'Rule for tagStatus=ANY must have the lowest priority per storage class';
    }
    // "Only one rule can select Untagged images per storage class"
    if (withStatus('untagged').length > 1) return 'Only one rule can select Untagged images per storage class';
  }
  return undefined;
}

function ruleFault({ selection, action }: Rule): string | undefined {
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
  if ((action.type === 'transition') !== (action.targetStorageClass !== undefined)) {
    return 'targetStorageClass goes with the action transition, and only with it';
  }
  return archiveFault(selection, action);
}

/**
 * What goes with the archive. That `sinceImagePulled` does not go with `expire` is no document's word but the service's.
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html
 * @see https://github.com/aws/containers-roadmap/issues/2728
 */
function archiveFault({ countType, countNumber, storageClass }: Rule['selection'], { type }: Rule['action']) {
  if ((countType === 'sinceImageTransitioned') !== (storageClass === 'archive')) {
    return 'storageClass archive goes with sinceImageTransitioned, and only with it';
  }
  if (countType === 'sinceImagePulled' && type !== 'transition')
    return 'sinceImagePulled goes with the action transition';
  if (countType !== 'sinceImageTransitioned') return undefined;
  if (type !== 'expire') return 'sinceImageTransitioned goes with the action expire';
  return countNumber < 90 ? 'an archived image is kept at least 90 days' : undefined;
}
