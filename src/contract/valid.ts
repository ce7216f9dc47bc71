import { invalidInput } from '../core/errors.ts';
import type { Validation } from './route.ts';

/**
 * What a request asks of the core.
 * @throws ServiceError `invalid-input` with everything that is wrong with it
 */
export function valid<Asked>(validation: Validation<Asked>): Asked {
  if (validation.ok) return validation.asked;
  throw invalidInput(validation.errors);
}
