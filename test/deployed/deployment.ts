import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMinistack, type Ministack } from '../../scripts/ministack.ts';
import { PLATFORM_JOB } from '../../src/local/example.ts';
import { startLocalGitHubIssuer, type LocalGitHubIssuer } from '../../src/local/github/issuer.ts';
import { defaultAudience, idOfName } from '../../src/local/github/job.ts';
import { applyModule, type Binary, type EditedFiles } from './apply-module.ts';
import { connect, type Clients } from './clients.ts';
import { openFrontDoor, type FrontDoor } from './front-door.ts';
import { relax } from './relaxed-statements.ts';
import { providerFor } from './resources/rows.ts';

/** The account and the region that are deployed to. */
export const ACCOUNT_ID = '354918371398';
export const REGION = 'eu-west-1';

const ISSUER = 'https://token.actions.githubusercontent.com';
const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** What is loaded into each function before its code. */
const PRELOADED = ['issuer-redirect.mjs', 'record-loaded.mjs'];

/** An AWS of somebody else's making, and a GitHub, to which infra/ can be applied again and again. */
export interface Ground {
  readonly ministack: Ministack;
  readonly issuer: LocalGitHubIssuer;
  readonly clients: Clients;
  /** Holds everything that is written. */
  readonly folder: string;
  /** A file that names every file that a function loaded, a line each. */
  readonly loadedFiles: string;
  readonly close: () => Promise<void>;
}

/** What the module says of itself, once applied. */
export interface Outputs {
  readonly api_url: string;
  readonly audit_bucket: string;
  readonly signing_key_arn: string;
  readonly tables: { readonly state: string; readonly audit: string };
  readonly queue_urls: { readonly dead_letters: string; readonly audit_changes: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** infra/, applied, and reached as its callers reach it. */
export interface Deployment {
  readonly ground: Ground;
  readonly outputs: Outputs;
  /** Where the HTTP API answers. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts the emulator, with its IAM enforced, and the stand-in for GitHub. */
export async function startGround(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'deployed-'));
  const loadedFiles = join(folder, 'loaded-files');
  const issuer = await startLocalGitHubIssuer({ issuer: ISSUER });
  const ministack = await startMinistack({
    accountId: ACCOUNT_ID,
    region: REGION,
    logFile: join(folder, 'ministack.log'),
    enforceIam: true,
    environment: {
      NODE_OPTIONS: PRELOADED.map((name) => `--import=${new URL(name, import.meta.url).href}`).join(' '),
      TEST_ISSUER_URL: issuer.url,
      LOADED_FILES: loadedFiles,
      TMPDIR: folder,
    },
  });
  return {
    ministack,
    issuer,
    clients: connect(ministack.endpoint, REGION),
    folder,
    loadedFiles,
    close: async () => {
      await ministack.close();
      await issuer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How infra/ is applied. */
export interface DeploymentOptions {
  readonly binary: Binary;
  /** Variables of the module, beside those of the example. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly edited?: EditedFiles;
}

/** Applies infra/, with the archives in dist/, on ground that holds nothing. */
export async function deploy(
  ground: Ground,
  { binary, variables = {}, edited = {} }: DeploymentOptions,
): Promise<Deployment> {
  const folder = join(ground.folder, 'module');
  mkdirSync(folder, { recursive: true });
  const outputs = (await applyModule({
    binary,
    behaviour: providerFor({ clients: ground.clients, accountId: ACCOUNT_ID, region: REGION, relax }),
    variables: {
      package_directory: DIST,
      audience: defaultAudience,
      issuer: ISSUER,
      create_oidc_provider: true,
      platform_callers: [{ repository_id: idOfName(PLATFORM_JOB.repository), ref: PLATFORM_JOB.ref }],
      ...variables,
    },
    edited,
    folder,
  })) as Outputs;
  const door: FrontDoor = await openFrontDoor(ground.ministack.endpoint, apiIdOf(outputs.api_url));
  return { ground, outputs, url: door.url, close: door.close };
}

function apiIdOf(url: string): string {
  return new URL(url).hostname.split('.')[0] ?? '';
}
