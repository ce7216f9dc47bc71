import type { Contract } from './contract/operation.ts';
import { readContract } from './contract.ts';
import { readContractFiles } from './contract-files.ts';

/** Both contracts, ready to serve. */
export interface Contracts {
  readonly contract: Contract;
  /** The text of schema/*.graphql. */
  readonly schema: string;
}

/** Reads both contracts at start. The build puts them into the Lambda's bundle with their validators compiled. */
export function loadContracts(): Contracts {
  const { openapi, schema } = readContractFiles();
  return { contract: readContract(openapi), schema };
}
