/**
 * The module before the real binaries, OpenTofu's and Terraform's, with a stand-in for the provider, so without a network. Where one
 * of them is not on the PATH nothing of it is run, and a line says so with the count. `npm test` has it read the module and a few
 * planted mistakes; the module's own tests, and all mistakes, are a step of CI.
 */
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { readProviderSchema, startProviderStandIn } from '../../scripts/provider-stand-in.ts';
import { auditTable } from '../../src/ledger/tables.ts';
import { IS_WHOLE, oneIn } from '../support/extent.ts';
import { renderDocuments } from './documents.ts';
import { readModule } from './module-source.ts';
import { PLANTED_ERRORS, withPlanted } from './planted-errors.ts';

const FOLDERS = ['infra', 'infra/examples/shared-account'];
const planted = oneIn(
  8,
  PLANTED_ERRORS.filter(({ diagnostic }) => diagnostic !== undefined),
);
const CHECKS = 1 + FOLDERS.length * (IS_WHOLE ? 2 : 1) + 1 + planted.length;

for (const binary of ['tofu', 'terraform']) {
  if (!isThere(binary)) {
    const what = `not run: ${CHECKS} checks of infra/ by ${binary} (fmt, validate, ${IS_WHOLE ? 'test, ' : ''}planted mistakes), which is not on the PATH`;
    t.pass(what);
    console.error(what);
    continue;
  }
  t.test(`with ${binary}`, async (t) => {
    const scratch = mkdtempSync(join(tmpdir(), 'infra-'));
    const standIn = await startProviderStandIn(readProviderSchema());
    t.teardown(() => {
      standIn.stop();
      rmSync(scratch, { recursive: true });
    });
    // Nobody's settings, no network, and nothing written into the checkout: OpenTofu leaves the state of its tests where it runs,
    // for its mocks cannot be read again before they are destroyed.
    const settings = join(scratch, 'cli.tfrc');
    writeFileSync(settings, '');
    cpSync(resolve('infra'), join(scratch, 'infra'), { recursive: true });
    const run = (
      folder: string,
      ...words: readonly string[]
    ): Promise<{ readonly code: number; readonly output: string }> => {
      const environment = {
        ...process.env,
        ...standIn.environment,
        TF_CLI_CONFIG_FILE: settings,
        TF_DATA_DIR: join(scratch, 'data', folder.replaceAll('/', '-')),
        CHECKPOINT_DISABLE: '1',
      };
      return new Promise((done) => {
        execFile(
          binary,
          [`-chdir=${join(scratch, folder)}`, ...words],
          { env: environment, maxBuffer: 64 * 2 ** 20 },
          (error, stdout, stderr) => done({ code: error === null ? 0 : 1, output: stdout + stderr }),
        );
      });
    };

    t.test('each file is formatted as everybody would', async (t) => {
      const { code, output } = await run('infra', 'fmt', '-check', '-recursive', '-diff');
      t.equal(code, 0, 'fmt -check', { output });
    });

    for (const folder of FOLDERS) {
      t.test(`${folder} is valid`, async (t) => {
        t.equal((await run(folder, 'init', '-backend=false', '-input=false')).code, 0, 'init');
        const validated = await run(folder, 'validate', '-json');
        t.match(JSON.parse(validated.output), { valid: true, error_count: 0, warning_count: 0 }, 'validate');
      });
      if (!IS_WHOLE) continue;
      t.test(`the tests of ${folder} pass`, async (t) => {
        const tested = await run(folder, 'test', '-json', '-verbose');
        const messages = tested.output
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line) as TestMessage);
        const summary = messages.find(({ test_summary: found }) => found !== undefined)?.test_summary;
        const failures = messages.filter(({ type }) => type === 'diagnostic').map((message) => message['@message']);
        t.match(summary, { status: 'pass', failed: 0, errored: 0, skipped: 0 }, `${summary?.passed} runs`, {
          failures,
        });
        if (folder !== 'infra') return;
        const documents = messages.find(
          (message) => message['@testrun'] === 'documents' && message.test_plan !== undefined,
        )?.test_plan;
        t.strictSame(
          documents?.output_changes?.['policies']?.after,
          renderDocuments(),
          'the IAM documents that our tests evaluate are those that it renders, to the letter',
        );
        const planned = (address: string): Readonly<Record<string, unknown>> | undefined =>
          documents?.resource_changes?.find((change) => change.address === address)?.change.after;
        const { GlobalSecondaryIndexes = [], AttributeDefinitions = [] } = auditTable('x');
        t.same(
          byName(planned('aws_dynamodb_table.audit')?.['global_secondary_index']).map((index) => ({
            name: index['name'],
            keys: [index['hash_key'], index['range_key']],
            projection: [index['projection_type'], index['non_key_attributes']],
          })),
          byName(
            GlobalSecondaryIndexes.map(({ IndexName, KeySchema = [], Projection }) => ({
              name: IndexName,
              keys: KeySchema.map(({ AttributeName }) => AttributeName),
              projection: [Projection?.ProjectionType, byText(Projection?.NonKeyAttributes ?? [])],
            })),
          ),
          "the audit table's indexes are those of the code",
        );
        t.same(
          byName(planned('aws_dynamodb_table.audit')?.['attribute']).map(({ name }) => name),
          byText(AttributeDefinitions.map(({ AttributeName = '' }) => AttributeName)),
          'and so are its attributes',
        );
      });
    }

    t.test('a planted mistake of each kind is refused by name', async (t) => {
      const module = readModule('infra');
      for (const mistake of planted) {
        const folder = join(scratch, 'planted');
        mkdirSync(folder, { recursive: true });
        for (const [file, text] of Object.entries(withPlanted(module, mistake)))
          writeFileSync(join(folder, file), text);
        for (const needed of ['policies', 'dashboard.json.tftpl'])
          cpSync(resolve('infra', needed), join(folder, needed), { recursive: true });
        const { code, output } = await run('planted', 'validate', '-no-color');
        t.equal(code, 1, `${mistake.kind}: refused`);
        t.match(output.replaceAll(/\s+/g, ' '), mistake.diagnostic, `${mistake.kind}: ${mistake.diagnostic}`);
      }
    });
  });
}

interface TestMessage {
  readonly type: string;
  readonly '@message': string;
  readonly '@testrun'?: string;
  readonly test_summary?: { readonly status: string; readonly passed: number };
  readonly test_plan?: {
    readonly output_changes?: Readonly<Record<string, { readonly after: unknown }>>;
    readonly resource_changes?: readonly {
      readonly address: string;
      readonly change: { readonly after: Readonly<Record<string, unknown>> };
    }[];
  };
}

type Named = Readonly<Record<string, unknown>> & { readonly name?: unknown };

function byName(members: unknown): readonly Named[] {
  return (members as readonly Named[]).toSorted((one, other) => String(one.name).localeCompare(String(other.name)));
}

function byText(names: readonly string[]): readonly string[] {
  return names.toSorted((one, other) => one.localeCompare(other));
}

function isThere(name: string): boolean {
  try {
    execFileSync(name, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
