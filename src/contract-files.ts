import { readdirSync, readFileSync } from 'node:fs';

/** The texts of the two contracts. */
export interface ContractTexts {
  readonly openapi: string;
  /** All files of schema/, one after the other. */
  readonly schema: string;
}

/** Reads both contracts from the project's folder; a Lambda's bundle carries the texts instead. */
export function readContractFiles(): ContractTexts {
  const root = new URL('../', import.meta.url);
  const folder = new URL('schema/', root);
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return {
    openapi: readFileSync(new URL('openapi.yaml', root), 'utf8'),
    schema: files
      .sort()
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n'),
  };
}
