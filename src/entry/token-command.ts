import { parseArgs } from 'node:util';
import { withoutUndefined } from '../lib/without-undefined.ts';
import { shellWord } from '../local/aws/client-variables.ts';
import { defaultIssuerUrl, mintPath, requestVariablesPath } from '../local/github/addresses.ts';
import { defaultAudience } from '../local/github/job.ts';
import type { TokenRequest } from '../local/github/job.ts';

const help = `Prints a token of the embedded GitHub issuer, as a job of a GitHub Actions workflow would get it.

  TOKEN=$(npm run -s token -- --repository OWNER/NAME)
  eval "$(npm run -s token -- --repository OWNER/NAME --request)"

The service must be running (npm start, npm run demo).

  --repository OWNER/NAME   the repository that the workflow runs in (required)
  --ref REF                 default refs/heads/main
  --environment NAME        the environment that the job references
  --event NAME              default push
  --pull-request NUMBER     the workflow was triggered by this pull request
  --classic, --immutable    the form of "sub"; default classic
  --sub TEXT                a "sub" as a custom template makes it
  --owner-id ID             default: a number made from the owner's name
  --repository-id ID        default: a number made from the repository's name
  --audience TEXT           default ${defaultAudience}
  --issuer-url URL          default $ECP_LOCAL_ISSUER_URL, else ${defaultIssuerUrl}
  --request                 print what a job on GitHub has instead of a token: the two variables of its token request
                            protocol, and those that point AWS clients to the embedded AWS
  --help                    this text
`;

/** A mistake of the person at the keyboard: shown as it is, exit code 2. */
class UsageError extends Error {}

/** What the command line asks for. */
interface Wish {
  readonly job: TokenRequest;
  readonly issuerUrl: string;
  readonly asVariables: boolean;
}

function readCommandLine(args: string[]): Wish | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args,
    options: {
      repository: text,
      ref: text,
      environment: text,
      event: text,
      'pull-request': text,
      classic: flag,
      immutable: flag,
      sub: text,
      'owner-id': text,
      'repository-id': text,
      audience: text,
      'issuer-url': text,
      request: flag,
      help: flag,
    },
  });
  if (values.help === true) return 'help';
  if (values.repository === undefined) throw new UsageError('--repository OWNER/NAME is needed.');
  if (!/^[^/\s]+\/[^/\s]+$/.test(values.repository)) throw new UsageError('--repository must be OWNER/NAME.');
  if (values.classic === true && values.immutable === true) {
    throw new UsageError('--classic and --immutable exclude each other.');
  }
  if (values.request === true && values.audience !== undefined) {
    throw new UsageError('With --request the audience is chosen later: append "&audience=…" to the URL.');
  }
  const job = {
    repository: values.repository,
    ref: values.ref,
    environment: values.environment,
    event: values.event,
    pullRequest: pullRequestNumber(values['pull-request']),
    form: values.immutable === true ? ('immutable' as const) : ('classic' as const),
    sub: values.sub,
    ownerId: decimalId('--owner-id', values['owner-id']),
    repositoryId: decimalId('--repository-id', values['repository-id']),
    audience: values.audience,
  };
  return {
    job: withoutUndefined(job),
    issuerUrl: issuerUrlOf(values['issuer-url'] ?? process.env['ECP_LOCAL_ISSUER_URL'] ?? defaultIssuerUrl),
    asVariables: values.request === true,
  };
}

function pullRequestNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new UsageError('--pull-request must be the number of a pull request.');
  return Number(text);
}

function decimalId(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || /^[1-9][0-9]{0,19}$/.test(text)) return text;
  throw new UsageError(`${flag} must be a decimal number without leading zeros, as GitHub's ids are.`);
}

function issuerUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text.replace(/\/$/, '');
  throw new UsageError(`The issuer's URL must look like ${defaultIssuerUrl}.`);
}

/** Posts the job to the issuer's local-only address. */
async function ask(issuerUrl: string, path: string, job: TokenRequest): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${issuerUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(job),
    signal: AbortSignal.timeout(5_000),
  }).catch(() => {
    throw new Error(`Nothing answers at ${issuerUrl}. Start the service first (npm start), or give --issuer-url.`);
  });
  const answer = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
  if (response.ok) return answer;
  throw new Error(`${issuerUrl} answered HTTP ${response.status}: ${textOf(answer, 'message')}`);
}

/** A string of the issuer's answer; whatever else runs at that address does not have it. */
function textOf(answer: Readonly<Record<string, unknown>>, name: string): string {
  const text = answer[name];
  if (typeof text === 'string') return text;
  throw new Error('What answers there is not the embedded GitHub issuer; give its address with --issuer-url.');
}

/** The variables that jobs have besides; whatever has no name of a variable is none. */
function variablesOf({ variables }: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return Object.entries(variables ?? {}).flatMap(([name, value]) =>
    /^AWS_[A-Z_]+$/.test(name) && typeof value === 'string' ? [[name, value] as const] : [],
  );
}

async function output(wish: Wish): Promise<string> {
  if (!wish.asVariables) return `${textOf(await ask(wish.issuerUrl, mintPath, wish.job), 'value')}\n`;
  const variables = await ask(wish.issuerUrl, requestVariablesPath, wish.job);
  return [
    `export ACTIONS_ID_TOKEN_REQUEST_URL=${shellWord(textOf(variables, 'url'))}`,
    `export ACTIONS_ID_TOKEN_REQUEST_TOKEN=${shellWord(textOf(variables, 'token'))}`,
    ...variablesOf(variables).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    '',
  ].join('\n');
}

try {
  const wish = readCommandLine(process.argv.slice(2));
  process.stdout.write(wish === 'help' ? help : await output(wish));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const usage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
  process.stderr.write(`${message}\n${usage ? 'See npm run token -- --help\n' : ''}`);
  process.exitCode = usage ? 2 : 1;
}
