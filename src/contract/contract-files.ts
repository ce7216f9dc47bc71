import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PageName } from './pages.ts';

/** The texts of both contracts, as they are read at start; a Lambda bundle has them built in. */
export interface ContractTexts {
  /** openapi.yaml */
  readonly openapi: string;
  /** schema/*.graphql, all files in one. */
  readonly schema: string;
}

/** The text of a page: Markdown. */
export function readPageFile(name: PageName): string {
  return readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
}

/** Reads both contracts from the project's folder. */
export function readContractFiles(): ContractTexts {
  const folder = new URL('../../schema/', import.meta.url);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .sort();
  return {
    openapi: readFileSync(fileURLToPath(new URL('../../openapi.yaml', import.meta.url)), 'utf8'),
    schema: files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n'),
  };
}
