/**
 * Plays the acceptance suite against each form in which the service runs, and prints what held: operation × form.
 *
 *     npm run acceptance -- --help
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { FORMS, type Form, type FormLetter, type StartForm } from '../test/acceptance/form.ts';
import { startBundles } from '../test/acceptance/forms/bundles.ts';
import { startDeployed, whatIsMissing } from '../test/acceptance/forms/deployed.ts';
import { startOnMoto } from '../test/acceptance/forms/moto.ts';
import { startProcess } from '../test/acceptance/forms/process.ts';
import { startSource } from '../test/acceptance/forms/source.ts';
import { playSuite, type Played } from '../test/acceptance/suite.ts';
import { tableOf, verdictOf } from '../test/acceptance/table.ts';

/** How each form is started. */
const STARTS: Readonly<Partial<Record<FormLetter, StartForm>>> = {
  a: startSource,
  b: startProcess,
  c: startBundles,
  d: startDeployed,
  e: startOnMoto,
};

const HELP = `Plays the acceptance suite against each form in which the service runs.

  npm run acceptance                       all forms
  npm run acceptance -- --form a --form c  some of them

Forms
${Object.keys(STARTS)
  .map((letter) => `  ${letter}  ${FORMS[letter as FormLetter]}`)
  .join('\n')}

Options
  --form LETTER   a form; may be repeated
  --verbose       each check as it ends, not only those that fail
  --help          this text

Ends with each check that failed and "N passed, N failed"; the exit code is 0 only if nothing failed.
`;

const { values } = parseArgs({
  options: {
    form: { type: 'string', multiple: true, default: Object.keys(STARTS) },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else {
  const letters = values.form.map(letterOf);
  if (letters.includes('c') || letters.includes('d')) build();
  const results = new Map<FormLetter, readonly Played[]>();
  for (const letter of letters) {
    const missing = letter === 'd' ? whatIsMissing() : undefined;
    if (missing === undefined) results.set(letter, await play(letter));
    else process.stdout.write(`not run: acceptance of ${letter} ${FORMS[letter]}: ${missing}\n`);
  }
  process.stdout.write(tableOf(results));
  process.stdout.write(verdictOf(results));
  process.exitCode = [...results.values()].flat().some(({ outcome }) => outcome.kind === 'failed') ? 1 : 0;
}

function letterOf(text: string): FormLetter {
  if (Object.hasOwn(STARTS, text)) return text as FormLetter;
  process.stderr.write(`--form knows ${Object.keys(STARTS).join(', ')}, not ${text}.\n`);
  process.exit(2);
}

function build(): void {
  const { status, stderr } = spawnSync('npm', ['run', '-s', 'build'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The build failed: ${stderr}`);
}

async function play(letter: FormLetter): Promise<readonly Played[]> {
  const start = STARTS[letter];
  if (start === undefined) throw new Error(`Nothing starts the form ${letter}.`);
  const began = performance.now();
  const form: Form = await start();
  try {
    const played = await playSuite(form, (one) => tell(letter, one));
    const count = (kind: string): number => played.filter(({ outcome }) => outcome.kind === kind).length;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(
      `acceptance of ${letter} ${FORMS[letter]}: ${count('ok')} ok, ${count('n/a')} n/a, ${count('failed')} failed, ${seconds} s\n`,
    );
    return played;
  } finally {
    await form.close();
  }
}

function tell(letter: FormLetter, { row, title, outcome }: Played): void {
  if (outcome.kind === 'failed') process.stdout.write(`not ok ${letter} ${row}: ${title}: ${outcome.error}\n`);
  else if (values.verbose) process.stdout.write(`${outcome.kind} ${letter} ${row}: ${title}\n`);
}
