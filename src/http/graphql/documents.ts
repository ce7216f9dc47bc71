import { GraphQLError, parse, type DocumentNode } from 'graphql';
import { leastRecentlyUsed } from '../../lib/least-recently-used.ts';
import { MAX_TOKENS } from './limits.ts';

/** Longest document, in characters; with the number of documents that are kept it bounds what they can hold. */
const MAX_DOCUMENT = 16_384;

/** Reads documents, each once as long as it is kept. */
export interface Documents {
  /** The document's tree, the same object each time; the error where it is none, or a longer one than is taken. */
  readonly read: (text: string) => DocumentNode | GraphQLError;
}

/**
 * Keeps the trees of those documents that were asked for last. What can't be read is not kept: it would take the place of what can.
 * @param atMost how many are kept
 */
export function createDocuments(atMost: number): Documents {
  const kept = leastRecentlyUsed<DocumentNode>(atMost);
  return {
    read: (text) => {
      const known = kept.get(text);
      if (known !== undefined) return known;
      const document = parsed(text);
      if (!(document instanceof GraphQLError)) kept.set(text, document);
      return document;
    },
  };
}

function parsed(text: string): DocumentNode | GraphQLError {
  if (text.length > MAX_DOCUMENT) return new GraphQLError(`The document is longer than ${MAX_DOCUMENT} characters.`);
  try {
    return parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}
