import type { Contract } from './route.ts';
import { readContract } from './contract.ts';
import { readContractFiles, readPageFile } from './contract-files.ts';
import type { PageName } from './pages.ts';

/** Both contracts, ready to serve. */
export interface Contracts {
  readonly contract: Contract;
  /** The text of schema/*.graphql. */
  readonly schema: string;
  /** A page of the documentation as HTML; loaded when first asked for. */
  readonly page: (name: PageName) => Promise<string>;
}

let loaded: Contracts | undefined;

/** Reads both contracts, once a process. The build puts them into the Lambda's bundle with their validators compiled. */
export function loadContracts(): Contracts {
  return (loaded ??= readContracts());
}

function readContracts(): Contracts {
  const { openapi, schema } = readContractFiles();
  const page = async (name: PageName): Promise<string> => {
    const { renderPage } = await import('../http/rest/page.ts');
    return renderPage(readPageFile(name));
  };
  return { contract: readContract(openapi), schema, page };
}
