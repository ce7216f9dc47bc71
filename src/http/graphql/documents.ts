import { GraphQLError, parse, type DocumentNode } from 'graphql';
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
  const kept = new Map<string, DocumentNode>();
  return {
    read: (text) => {
      const document = kept.get(text) ?? parsed(text);
      if (document instanceof GraphQLError) return document;
      // A map holds the order in which its entries were set: the first is the one that nobody has asked for the longest.
      kept.delete(text);
      kept.set(text, document);
      const [oldest] = kept.keys();
      if (kept.size > atMost && oldest !== undefined) kept.delete(oldest);
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
