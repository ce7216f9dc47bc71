import { invalidInput, type InputError } from '../errors.ts';
import type { InputOf } from '../input.ts';
import { checkLifecyclePolicy, lifecycleDocument, lifecyclePolicyText } from '../../model/lifecycle.ts';
import type { Encryption, ImageTagMutability, Repository } from '../../model/repository.ts';

/** The settings of a repository that its owner chooses. */
export type RepositorySettings = Pick<
  Repository,
  'imageTagMutability' | 'imageTagMutabilityExclusionFilters' | 'scanOnPush' | 'lifecyclePolicy' | 'encryption'
>;

/** What a repository is made with where nothing else is asked for: tags that can't be moved, scanned, encrypted by ECR. */
export const DEFAULT_SETTINGS: RepositorySettings = {
  imageTagMutability: 'IMMUTABLE',
  imageTagMutabilityExclusionFilters: [],
  scanOnPush: true,
  encryption: { encryptionType: 'AES256' },
};

type Body = InputOf<'updateRepository'>['body'] & Pick<InputOf<'createRepository'>['body'], 'encryption'>;

/**
 * The settings that a body asks for, on top of those that stand; what it does not name stays.
 * @throws ServiceError `invalid-input`
 */
export function readSettings(body: Body, current: RepositorySettings): RepositorySettings {
  const {
    imageTagMutability: mutability = current.imageTagMutability,
    scanOnPush = current.scanOnPush,
    encryption = current.encryption,
  } = body;
  const filters = readFilters(body, mutability, current);
  const lifecycle = readLifecycle(body, current);
  const errors = [...checkFilters(mutability, filters), ...lifecycle.errors, ...checkEncryption(encryption)];
  if (errors.length > 0) throw invalidInput(errors);
  return {
    imageTagMutability: mutability,
    imageTagMutabilityExclusionFilters: filters,
    scanOnPush,
    ...(lifecycle.text === undefined ? {} : { lifecyclePolicy: lifecycle.text }),
    encryption,
  };
}

function readFilters(body: Body, mutability: ImageTagMutability, current: RepositorySettings): readonly string[] {
  const given = body.imageTagMutabilityExclusionFilters;
  if (given !== undefined) return given;
  // Going back to a mutability without exclusions drops the filters that belonged to the other.
  return mutability.endsWith('_WITH_EXCLUSION') ? current.imageTagMutabilityExclusionFilters : [];
}

/** @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageTagMutabilityExclusionFilter.html */
function checkFilters(mutability: ImageTagMutability, filters: readonly string[]): InputError[] {
  const pointer = '/body/imageTagMutabilityExclusionFilters';
  const needs = mutability.endsWith('_WITH_EXCLUSION');
  if (needs && filters.length === 0)
    return [{ pointer, detail: `${mutability} needs 1 to 5 filters, such as "latest" or "cache-*".` }];
  if (!needs && filters.length > 0)
    return [
      {
        pointer,
        detail: `Filters go with IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION, not with ${mutability}.`,
      },
    ];
  return filters.flatMap((filter, index): InputError[] =>
    filter.split('*').length <= 3
      ? []
      : [
          {
            pointer: `${pointer}/${index}`,
            detail: 'A filter has at most two *.',
          },
        ],
  );
}

function readLifecycle(
  body: Body,
  current: RepositorySettings,
): { readonly text?: string; readonly errors: readonly InputError[] } {
  const given = body.lifecyclePolicy;
  const keep = current.lifecyclePolicy === undefined ? {} : { text: current.lifecyclePolicy };
  if (given === undefined) return { ...keep, errors: [] };
  if (given === null) return { errors: [] };
  if (typeof given === 'string') return { text: lifecyclePolicyText(lifecycleDocument(given)), errors: [] };
  const errors = checkLifecyclePolicy(given).map(({ field, detail }) => ({
    pointer: `/body/lifecyclePolicy${field}`,
    detail,
  }));
  return errors.length > 0 ? { errors } : { text: lifecyclePolicyText(given), errors };
}

function checkEncryption({ encryptionType, kmsKey }: Encryption): InputError[] {
  if (kmsKey === undefined || encryptionType !== 'AES256') return [];
  return [{ pointer: '/body/encryption/kmsKey', detail: 'A KMS key goes with the encryption type KMS or KMS_DSSE.' }];
}
