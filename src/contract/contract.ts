import { parse } from 'yaml';
import { assembleContract } from './assemble.ts';
import type { OpenapiDocument } from './document.ts';
import type { Contract } from './route.ts';
import { compileValidators } from './validators.ts';

/**
 * Reads the REST contract, from which routes, validation and the GraphQL resolvers are made.
 * @param text openapi.yaml
 * @throws Error when it is no contract that this service could keep: no operationId, a method that it doesn't know, an
 *   operation without a security scheme
 */
export function readContract(text: string): Contract {
  const document = parse(text) as OpenapiDocument;
  return assembleContract(text, document, compileValidators(document));
}
