import { invalidInput, type InputError } from '../errors.ts';
import type { ManagerRule } from '../../model/department.ts';
import type { Acknowledgement } from '../../model/grant.ts';

/**
 * Checks the rules that make workflows managers: each must be narrowed to a ref or an environment, exactly, or by one
 * trailing `*` that the platform acknowledges.
 * @returns the words that must be given
 * @throws ServiceError `invalid-input`
 */
export function checkManagers(managers: readonly ManagerRule[]): readonly Acknowledgement[] {
  const errors = managers.flatMap((rule, index) => faultsOf(rule, `/body/managers/${index}`));
  if (errors.length > 0) throw invalidInput(errors);
  return managers.some((rule) => rule.ref?.endsWith('*') === true) ? ['wildcard-manager'] : [];
}

function faultsOf({ ref, environment }: ManagerRule, pointer: string): InputError[] {
  if (ref === undefined && environment === undefined) {
    return [
      {
        pointer,
        detail:
          'A manager rule needs a ref or an environment; without one, any branch of the repository would manage the department.',
      },
    ];
  }
  const faults: InputError[] = [];
  if (ref !== undefined && !/^refs\/(heads|tags)\/[^*?]+\*?$/.test(ref)) {
    faults.push({
      pointer: `${pointer}/ref`,
      detail:
        'A ref is exact, such as refs/heads/main, or ends in one * after at least one character, such as refs/tags/v*.',
    });
  }
  if (environment !== undefined && /[*?]/.test(environment)) {
    faults.push({ pointer: `${pointer}/environment`, detail: 'An environment is exact; it has no wildcard.' });
  }
  return faults;
}
