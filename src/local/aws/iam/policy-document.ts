import { iamFault } from '../fault.ts';
import { parsePolicy } from '../policy-syntax.ts';
import { sizeOf } from './roles.ts';

/** Characters of a managed policy, whitespace not counted; AWS does not raise it. */
const MAX_SIZE = 6144;

/** Refuses what no managed policy can say, or is too long. @throws AwsFault */
export function checkDocument(document: string): void {
  const { fault } = parsePolicy(document, 'identity');
  if (fault !== undefined) throw iamFault('MalformedPolicyDocumentException', fault);
  if (sizeOf(document) > MAX_SIZE)
    throw iamFault('LimitExceededException', `Cannot exceed quota for PolicySize: ${MAX_SIZE}`);
}
