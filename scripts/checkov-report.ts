/** Holds checkov's report on infra/ against infra/checkov-exceptions.json; see scripts/ci-checkov.sh. */
import { readFileSync } from 'node:fs';

interface Report {
  readonly summary: { readonly passed: number; readonly parsing_errors: number; readonly checkov_version: string };
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly resource: string;
      readonly file_path: string;
    }[];
  };
}

const [file = ''] = process.argv.slice(2);
const { summary, results } = JSON.parse(readFileSync(file, 'utf8')) as Report;
const exceptions = JSON.parse(readFileSync('infra/checkov-exceptions.json', 'utf8')) as Readonly<
  Record<string, string>
>;

const found = new Map(
  results.failed_checks.map((check) => [`${check.check_id} ${check.resource.replace(/^module\.\w+\./, '')}`, check]),
);
const findings = [...found].filter(([key]) => exceptions[key] === undefined);
const stale = Object.keys(exceptions).filter((key) => !found.has(key));

for (const [key, { check_name, file_path }] of findings) console.error(`${key}: ${check_name} (${file_path})`);
for (const key of stale) console.error(`${key}: nothing needs this exception any more; take it out`);
console.log(
  `checkov ${summary.checkov_version}: ${summary.passed} checks passed, ${found.size - findings.length} excepted by name, ${findings.length} findings, ${stale.length} stale exceptions`,
);
if (summary.passed === 0 || summary.parsing_errors > 0) throw new Error('checkov read nothing, or not everything.');
if (findings.length + stale.length > 0) process.exitCode = 1;
