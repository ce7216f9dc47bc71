import { readFile, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig, type Config } from '../config/config.ts';
import type { Tables } from '../ledger/client.ts';
import type { ChainHeadRecord } from '../model/audit-event.ts';
import type { BulkExportParts } from '../audit/bulk/bulk-export.ts';
import { cloudEventSource } from '../audit/cloud-event.ts';
import { downloadExport, follow } from '../audit/stream/download.ts';
import { folderTarget, type ExportTarget } from '../audit/bulk/export-target.ts';
import type { ManifestReference } from '../audit/bulk/manifest.ts';
import { serviceClient, tokenSource } from '../audit/stream/service-client.ts';
import { kmsSigner, pemSigner, type ManifestSigner } from '../audit/bulk/sign.ts';
import { verifyFiles, type Verdict } from '../audit/verify/verify-files.ts';
import { verifyLive } from '../audit/verify/verify-live.ts';

const HELP = `Exports and verifies the audit log. docs/audit.md explains the format and the proof.

  npm run audit -- export --url URL --output FILE     take it into a file; run again to go on
  npm run audit -- tail --url URL --output FILE       follow it into a file; run again to go on
  npm run audit -- verify FILE... | FOLDER            verify offline: NDJSON, or a bulk export's folder
  npm run audit -- verify --live --url URL [FOLDER]   verify what the service gives, and that it holds what FOLDER holds
  npm run audit -- bulk-export --to FOLDER|s3://BUCKET/PREFIX
  npm run audit -- anchor                             write all chain heads into the platform's chain

export and tail
  --format ndjson|csv  form of the export (default ndjson)
  --department ID      one department's
  --from T, --to T     a period (dates, or RFC 3339); --to at least a minute ago
  --source S           tail: write CloudEvents with this source, not the events alone
verify
  --head KOA/17=HASH   a head that you trust, any number of them; a chain may begin behind one
  --manifest N=SHA256  a manifest that you trust, by number; it must be there, or the one behind it be the first
  --public-key FILE    PEM; every manifest must be signed with it
  --partial            only a part of the log is there: do not ask for chains that an anchor names
  It ends with 0 when all is whole, 1 when something is wrong, and 3 when nothing is wrong and nothing vouches for some of it:
  give a key, a manifest or heads from where you keep them.
bulk-export (reads the tables, set by the ECP_* settings and the AWS SDK's own)
  --sign-key FILE      sign manifests with this EC P-256 private key, PEM
  --kms-key ID         sign manifests with this KMS key
  --s3-endpoint URL    another S3 than AWS's
the service is asked with a token from
  --token-command CMD  a command that prints one, or ECP_TOKEN, or GitHub Actions itself
`;

/** A wrong command line; the message says what would do. */
class UsageError extends Error {}

const OPTIONS = {
  url: { type: 'string' },
  output: { type: 'string' },
  format: { type: 'string', default: 'ndjson' },
  department: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  source: { type: 'string' },
  head: { type: 'string', multiple: true, default: [] as string[] },
  manifest: { type: 'string' },
  'public-key': { type: 'string' },
  partial: { type: 'boolean', default: false },
  live: { type: 'boolean', default: false },
  'sign-key': { type: 'string' },
  'kms-key': { type: 'string' },
  's3-endpoint': { type: 'string' },
  'token-command': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof read>['values'];

function read(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args);
  const [command, ...files] = positionals;
  if (values.help || command === undefined) return say(HELP);
  switch (command) {
    case 'export':
      return say(
        `${await downloadExport(downloadOf(values), values.format === 'csv' ? 'csv' : 'ndjson')} bytes added\n`,
      );
    case 'tail':
      await follow({ ...downloadOf(values), ...(values.source === undefined ? {} : { source: values.source }) });
      return 0;
    case 'verify':
      return tell(await verify(values, files));
    case 'bulk-export': {
      const { bulkExport } = await import('../audit/bulk/bulk-export.ts');
      const { number, files: written } = await bulkExport(await bulkParts(values));
      return say(`Export ${number}: ${written.length} files\n`);
    }
    case 'anchor': {
      const { anchorChains } = await import('../audit/bulk/anchor.ts');
      const heads = await anchorChains(await tablesOfEnvironment(readConfig(process.env)), () => new Date());
      return say(`${heads.length} chain heads anchored\n`);
    }
    default:
      throw new UsageError(`There is no command ${command}.`);
  }
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

function downloadOf(values: Values) {
  const { from, to, department, output } = values;
  if (output === undefined) throw new UsageError('--output FILE is needed.');
  if (values.format !== 'ndjson' && values.format !== 'csv')
    throw new UsageError(`--format takes ndjson or csv, not ${values.format}.`);
  const query = Object.fromEntries(
    Object.entries({ from, to }).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  return { client: clientOf(values), output, query, ...(department === undefined ? {} : { department }) };
}

function clientOf(values: Values) {
  if (values.url === undefined) throw new UsageError('--url URL of the service is needed.');
  return serviceClient(values.url, tokenSource(process.env, values['token-command']));
}

async function verify(values: Values, files: readonly string[]): Promise<Verdict> {
  const options = {
    heads: values.head.map(headOf),
    partial: values.partial,
    ...(values['public-key'] === undefined ? {} : { publicKey: await readFile(values['public-key'], 'utf8') }),
    ...(values.manifest === undefined ? {} : { manifest: manifestOf(values.manifest) }),
  };
  await refuseKeyOfFolder(values['public-key'], files);
  if (values.live) return verifyLive(clientOf(values), files, options, values.department);
  if (files.length === 0) throw new UsageError('Give the files or the folder to verify, or --live.');
  return verifyFiles(files, options);
}

/** A key that lies in the folder was put there by whoever wrote the folder: it proves nothing. */
async function refuseKeyOfFolder(key: string | undefined, folders: readonly string[]): Promise<void> {
  if (key === undefined) return;
  const path = await realpath(key);
  for (const folder of folders)
    if (path.startsWith(`${await realpath(folder)}${sep}`))
      throw new UsageError(
        `--public-key ${key} lies in ${folder}, which is to be verified: give the key from where you keep it.`,
      );
}

function headOf(text: string): ChainHeadRecord {
  const match = /^([a-z0-9.-]+)\/([0-9]+)=([0-9a-f]{64})$/.exec(text);
  if (match?.[1] === undefined || match[3] === undefined)
    throw new UsageError(`--head must look like koa/17=<64 hexadecimal digits>, not ${text}.`);
  return { chain: match[1], seq: Number(match[2]), hash: match[3] };
}

function manifestOf(text: string): ManifestReference {
  const match = /^([0-9]+)=([0-9a-f]{64})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new UsageError(`--manifest must look like 17=<64 hexadecimal digits>, not ${text}.`);
  return { key: `manifests/${match[1].padStart(8, '0')}.json`, sha256: match[2] };
}

/** What `verify` ends with. 2 is a wrong command line, and whatever kept it from verifying. */
const EXIT = { whole: 0, wrong: 1, open: 3 } as const;

function tell({ problems, open, events, chains, manifests, newest }: Verdict): number {
  for (const { where, what } of problems) line(`WRONG  ${where}: ${what}`);
  for (const { chain, first, last, hash, vouched } of chains) {
    line(`chain  ${chain}/${first} to ${chain}/${last}=${hash}`);
    if (vouched !== undefined) line(`       vouched for up to ${chain}/${vouched.seq} by ${vouched.by}`);
  }
  for (const { where, what } of open) line(`OPEN   ${where}: ${what}`);
  const end = problems.length > 0 ? 'wrong' : open.length > 0 ? 'open' : 'whole';
  line(`${events} events in ${chains.length} chains, ${manifests.length} manifests: ${summary(end, newest)}`);
  return EXIT[end];
}

function summary(end: keyof typeof EXIT, newest: Verdict['newest']): string {
  switch (end) {
    case 'wrong':
      return 'WRONG';
    case 'open':
      return 'nothing is wrong, but not all is proved: see OPEN';
    case 'whole':
      return newest === undefined
        ? 'whole, up to what you gave'
        : `whole up to export ${newest.number} of ${newest.createdAt}; whether more was written since then, only the service knows (--live)`;
  }
}

/** What is verified may hold anything: nothing of it reaches a terminal as a control character. */
function line(text: string): void {
  const visible = text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  process.stdout.write(`${visible}\n`);
}

/** The SDK is loaded only by what talks to DynamoDB: verifying needs nothing but files. */
async function tablesOfEnvironment(config: Config): Promise<Tables> {
  const { tablesOf } = await import('../compose/connections.ts');
  return tablesOf(config, {});
}

async function bulkParts(values: Values): Promise<BulkExportParts> {
  const config = readConfig(process.env);
  const sign = await signerOf(values);
  return {
    tables: await tablesOfEnvironment(config),
    source: cloudEventSource(config.aws),
    target: await targetOf(values, config),
    now: () => new Date(),
    ...(sign === undefined ? {} : { sign }),
  };
}

async function signerOf(values: Values): Promise<ManifestSigner | undefined> {
  if (values['sign-key'] !== undefined) return pemSigner(await readFile(values['sign-key'], 'utf8'));
  return values['kms-key'] === undefined ? undefined : kmsSigner(values['kms-key']);
}

async function targetOf({ to, 's3-endpoint': endpoint }: Values, { aws }: Config): Promise<ExportTarget> {
  if (to === undefined) throw new UsageError('--to FOLDER or s3://BUCKET/PREFIX is needed.');
  const bucket = /^s3:\/\/([a-z0-9.-]+)(?:\/(.*))?$/.exec(to);
  if (bucket?.[1] === undefined) return folderTarget(to);
  const { s3Target } = await import('../audit/bulk/s3-target.ts');
  return s3Target({
    bucket: bucket[1],
    region: aws.region,
    ...(bucket[2] === undefined ? {} : { prefix: bucket[2] }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `${(error as Error).message}\n${error instanceof UsageError ? 'Try: npm run audit -- --help\n' : ''}`,
  );
  process.exitCode = 2;
}
