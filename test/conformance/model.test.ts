/** The embedded AWS held to AWS's own API models: each constraint of each member of each operation, and each error. */
import * as ecrSdk from '@aws-sdk/client-ecr';
import * as iamSdk from '@aws-sdk/client-iam';
import * as stsSdk from '@aws-sdk/client-sts';
import { test, type Test } from 'tap';
import constraints from '../../src/local/aws/constraints.json' with { type: 'json' };
import type { EmbeddedAwsHooks } from '../../src/local/aws/hooks.ts';
import { ACTIONS, type ServiceName } from '../../src/local/aws/actions.ts';
import { startEmbeddedAws } from '../../src/local/aws/server.ts';
import { SAMPLES } from './model-samples.ts';

interface Shape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, string>>;
  readonly member?: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

interface Model {
  readonly operations: Readonly<Record<string, string | null>>;
  readonly errors: Readonly<Record<string, { readonly code: string; readonly status: number }>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

const SERVICES = ['ecr', 'iam', 'sts'] as const;
const SDKS = { ecr: ecrSdk, iam: iamSdk, sts: stsSdk } as unknown as Record<ServiceName, Record<string, any>>;
const CLIENTS = { ecr: 'ECRClient', iam: 'IAMClient', sts: 'STSClient' } as const;

function modelOf(service: ServiceName): Model {
  return (constraints as unknown as Record<ServiceName, Model>)[service];
}

async function start(t: Test, hooks: EmbeddedAwsHooks = {}) {
  const aws = await startEmbeddedAws({
    accountId: '111122223333',
    region: 'eu-west-1',
    issuerKeys: async () => ({ keys: [] }),
    hooks,
  });
  t.teardown(() => aws.close());
  const options = {
    endpoint: aws.endpoint,
    region: 'eu-west-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  return async (service: ServiceName, operation: string, input: unknown): Promise<Error | undefined> => {
    const sdk = SDKS[service];
    const client = new sdk[CLIENTS[service]](options);
    try {
      await client.send(new sdk[`${operation}Command`](input));
      return undefined;
    } catch (error) {
      return error as Error;
    } finally {
      client.destroy();
    }
  };
}

/** A value that fits a shape: of a structure all members, or only those that are required. */
function sample(service: ServiceName, name: string, all: boolean): unknown {
  const shape = modelOf(service).shapes[name] as Shape;
  const known = SAMPLES[`${service}.${name}`] ?? SAMPLES[name];
  if (known !== undefined) return known;
  switch (shape.type) {
    case 'structure':
      return Object.fromEntries(
        Object.entries(shape.members ?? {})
          .filter(([member]) => all || shape.required?.includes(member))
          .map(([member, of]) => [member, sample(service, of, all)]),
      );
    case 'list':
      return [sample(service, shape.member ?? '', all)];
    case 'boolean':
      return true;
    case 'integer':
    case 'long':
      return shape.min ?? 1;
    case 'blob':
      return new Uint8Array([1]);
    default:
      return shape.enum?.[0] ?? 'x'.repeat(Math.max(1, shape.min ?? 1));
  }
}

/** An input that breaks one constraint, and where. */
interface Breach {
  readonly what: string;
  readonly input: unknown;
}

/** Every way to break one constraint of a shape and of what is in it. `put` makes the whole input around a value. */
function* breaches(
  service: ServiceName,
  name: string,
  at: string,
  put: (value: unknown) => unknown,
): Generator<Breach> {
  const shape = modelOf(service).shapes[name] as Shape;
  const { type, min, max, pattern } = shape;
  if (type === 'structure') {
    const whole = sample(service, name, true) as Record<string, unknown>;
    for (const member of shape.required ?? []) {
      yield { what: `${at}${member} is missing`, input: put({ ...whole, [member]: undefined }) };
    }
    for (const [member, of] of Object.entries(shape.members ?? {})) {
      yield* breaches(service, of, `${at}${member}.`, (value) => put({ ...whole, [member]: value }));
    }
  }
  if (type === 'list') {
    const item = sample(service, shape.member ?? '', true);
    if (min !== undefined && min > 0) yield { what: `${at} of ${min - 1}`, input: put(Array(min - 1).fill(item)) };
    if (max !== undefined) yield { what: `${at} of ${max + 1}`, input: put(Array(max + 1).fill(item)) };
    yield* breaches(service, shape.member ?? '', `${at}0.`, (value) => put([value]));
  }
  if (type === 'integer' || type === 'long') {
    if (min !== undefined) yield { what: `${at} ${min - 1}`, input: put(min - 1) };
    if (max !== undefined) yield { what: `${at} ${max + 1}`, input: put(max + 1) };
  }
  if (type === 'string') {
    const fit = String(sample(service, name, true));
    if (min !== undefined && min > 0)
      yield { what: `${at} of ${min - 1} characters`, input: put(fit.slice(0, min - 1)) };
    if (max !== undefined) yield { what: `${at} of ${max + 1} characters`, input: put(longer(fit, max + 1)) };
    if (shape.enum !== undefined) yield { what: `${at} no value of its enum`, input: put('NO_SUCH_VALUE') };
    // A character that no pattern of the models has, but for those that take all of Unicode.
    if (pattern !== undefined) yield { what: `${at} against its pattern`, input: put(`${fit}\u0007`) };
  }
}

/** A text made longer by more of the letters that it has. */
function longer(text: string, length: number): string {
  const letter = /[a-z0-9]/.exec(text)?.[0] ?? 'a';
  const middle = text.search(/[a-z0-9]/) + 1;
  return text.slice(0, middle) + letter.repeat(Math.max(0, length - text.length)) + text.slice(middle);
}

/** What each service says to input that does not fit its model. */
const REFUSALS = {
  ecr: ['InvalidParameterException'],
  iam: ['ValidationError'],
  sts: ['ValidationError'],
} as const;

for (const service of SERVICES) {
  void test(`${service}: the smallest and the fullest input of each operation fit the model`, async (t) => {
    const send = await start(t);
    for (const operation of ACTIONS[service]) {
      const shape = modelOf(service).operations[operation];
      if (shape === null || shape === undefined) continue;
      for (const all of [true, false]) {
        const error = await send(service, operation, sample(service, shape, all));
        t.notOk(
          /constraint|is not /.test(error?.message ?? '') && /^Validation|^Malformed/.test(error?.name ?? ''),
          `${operation}: ${error?.message}`,
        );
      }
    }
  });

  void test(`${service}: input that breaks one constraint of the model is refused, and so that the SDK knows why`, async (t) => {
    let effects = 0;
    const send = await start(t, { before: () => void (effects += 1) });
    let tried = 0;
    for (const operation of ACTIONS[service]) {
      const shape = modelOf(service).operations[operation];
      if (shape === null || shape === undefined) continue;
      for (const { what, input } of breaches(service, shape, '', (value) => value)) {
        tried += 1;
        const error = await send(service, operation, input);
        if (!REFUSALS[service].some((name) => name === error?.name)) t.fail(`${operation} ${what}: ${String(error)}`);
        if (effects > 0) t.fail(`${operation} ${what}: it got past the reading of its input`);
        effects = 0;
      }
    }
    t.ok(tried > 20, `${tried} inputs were tried`);
  });

  void test(`${service}: each error that the model declares reaches the SDK as its own exception`, async (t) => {
    let next = { code: '', status: 400 };
    const send = await start(t, { before: () => ({ kind: 'fault', message: 'as asked for', ...next }) });
    const [operation = ''] = ACTIONS[service];
    const shape = modelOf(service).operations[operation] ?? '';
    for (const [name, error] of Object.entries(modelOf(service).errors)) {
      next = error;
      const thrown = await send(service, operation, sample(service, shape, false));
      const known = SDKS[service][name];
      t.ok(known !== undefined && thrown instanceof known, `${name} as ${error.code}: ${String(thrown)}`);
      t.match(thrown, { name, message: 'as asked for', $metadata: { httpStatusCode: error.status } });
    }
  });
}

/** An SDK's own schema: of a structure its members, those first that are required; of an error its code and status. */
type SdkSchema = readonly [
  number,
  string,
  string,
  { readonly awsQueryError?: unknown },
  readonly string[],
  unknown,
  number?,
];

/** Members that came to AWS after the models were extracted; the embedded AWS ignores them. */
const NEWER_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  AssumeRoleRequest: ['MinimumSessionTokenSize'],
  AssumeRoleWithWebIdentityRequest: ['MinimumSessionTokenSize'],
  GetSessionTokenRequest: ['MinimumSessionTokenSize'],
  SimulatePrincipalPolicyRequest: ['PolicyExclusionList'],
};

void test('the constraints say of members, required members and errors what the installed SDK’s own schemas say', (t) => {
  let structures = 0;
  for (const service of SERVICES) {
    const { shapes, errors } = modelOf(service);
    for (const [name, shape] of Object.entries(shapes)) {
      const schema = SDKS[service][`${name}$`] as SdkSchema | undefined;
      if (shape.type !== 'structure' || schema === undefined) continue;
      structures += 1;
      const [, , , , members, , required = 0] = schema;
      const newer = members.filter((member) => shape.members?.[member] === undefined);
      t.strictSame(newer, NEWER_MEMBERS[name] ?? [], `members of ${service} ${name} that the extract does not know`);
      for (const member of Object.keys(shape.members ?? {})) t.ok(members.includes(member), `${name}.${member}`);
      t.strictSame([...(shape.required ?? [])].sort(), members.slice(0, required).sort(), `required of ${name}`);
    }
    for (const [name, { code, status }] of Object.entries(errors)) {
      const schema = SDKS[service][`${name}$`] as SdkSchema | undefined;
      t.ok(schema, `the SDK knows ${name}`);
      if (schema?.[3].awsQueryError !== undefined) t.strictSame(schema[3].awsQueryError, [code, status], name);
    }
  }
  t.ok(structures > 50, `${structures} structures were compared`);
  t.end();
});
