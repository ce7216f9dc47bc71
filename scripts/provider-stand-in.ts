/**
 * A stand-in for the AWS provider that knows its schema and nothing else, so that the real `terraform` or `tofu` can
 * check infra/ on a machine without a network. It speaks the plugin protocol, version 6, as far as `init`, `validate`
 * and `test` with a mocked provider need it. By itself it can create nothing; with a behaviour that is handed in, `apply` creates
 * what a module describes (test/deployed).
 *
 *     node --import=tsx scripts/provider-stand-in.ts terraform -chdir=infra validate
 *
 * @see https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
 * @see https://opentofu.org/docs/internals/provider-protocol/
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { decode, encode, ExtData, ExtensionCodec } from '@msgpack/msgpack';
import { bytes, fieldsOf, message, number, text } from './protocol-buffers.ts';
import {
  parseAttribute,
  type BlockSchema,
  type NestedBlockSchema,
  type ProviderSchema,
  type Type,
} from './provider-schema.ts';

/** A stand-in that runs, and how a command finds it. */
export interface ProviderStandIn {
  /** Environment variables for `terraform` or `tofu`. */
  readonly environment: { readonly TF_REATTACH_PROVIDERS: string };
  readonly stop: () => void;
}

/** The provider's schema as it is kept in infra/schema. */
export function readProviderSchema(): ProviderSchema {
  return JSON.parse(
    readFileSync(new URL('../infra/schema/aws-provider.json', import.meta.url), 'utf8'),
  ) as ProviderSchema;
}

/** A resource's or a data source's arguments and attributes by their names; blocks are lists of such. */
export type Values = Readonly<Record<string, unknown>>;

/** What makes a provider of the stand-in that applies. */
export interface ProviderBehaviour {
  /** Reads a data source. @returns its attributes; those left out are null */
  readonly read: (type: string, argumentsOf: Values) => Promise<Values>;
  /** Creates a resource; what is not set has no member. @returns the attributes that only AWS knows */
  readonly create: (type: string, argumentsOf: Values) => Promise<Values>;
}

const METHODS = `GetMetadata GetProviderSchema ValidateProviderConfig ValidateResourceConfig ValidateDataResourceConfig
  UpgradeResourceState ConfigureProvider StopProvider ReadDataSource PlanResourceChange ApplyResourceChange`.split(
  /\s+/,
);

type Answer = (request: Buffer) => Buffer | Promise<Buffer>;

/** Starts a stand-in on a free port of this machine. */
export async function startProviderStandIn(
  schema: ProviderSchema,
  behaviour?: ProviderBehaviour,
): Promise<ProviderStandIn> {
  const schemas = schemaAnswer(schema);
  const answers: Readonly<Record<string, Answer>> = {
    GetProviderSchema: () => schemas,
    ...(behaviour === undefined ? {} : applying(schema, behaviour)),
  };
  const server = new Server();
  const methods = METHODS.map((name) => [
    name,
    {
      path: `/tfplugin6.Provider/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  ]);
  // An empty message is "no complaints" in each of the answers.
  const handlers = METHODS.map((name) => [
    name,
    async ({ request }: { readonly request: Buffer }, done: (error: null, answer: Buffer) => void) =>
      done(null, (await answers[name]?.(request)) ?? Buffer.alloc(0)),
  ]);
  server.addService(Object.fromEntries(methods), Object.fromEntries(handlers) as UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const attachment = {
    Protocol: 'grpc',
    ProtocolVersion: 6,
    Pid: process.pid,
    Test: true,
    Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
  };
  const hosts = ['registry.terraform.io', 'registry.opentofu.org'];
  const attachments = Object.fromEntries(hosts.map((host) => [`${host}/hashicorp/aws`, attachment]));
  return { environment: { TF_REATTACH_PROVIDERS: JSON.stringify(attachments) }, stop: () => server.forceShutdown() };
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

// ---- Reading, planning and creating, field by field as in tfplugin6.proto --------------------------------------------

/**
 * A value that is known only after apply.
 * @see https://github.com/zclconf/go-cty/blob/main/docs/../cty/msgpack/unknown.go
 */
const UNKNOWN = new ExtData(0, new Uint8Array([0]));

/** Leaves extensions as they are: each of them is a value that is not known yet. */
const extensionCodec = new ExtensionCodec();

/** With it Terraform takes the attributes of a resource as the SDK of most providers gives them: null for what it has none of. */
const LEGACY_TYPE_SYSTEM = 1;

function applying(schema: ProviderSchema, { read, create }: ProviderBehaviour): Readonly<Record<string, Answer>> {
  return {
    ReadDataSource: (request) =>
      answered(2, async () => {
        const fields = fieldsOf(request);
        const type = nameIn(fields);
        const attributes = { ...valuesIn(fields.get(2)), ...(await read(type, known(valuesIn(fields.get(2))))) };
        return [bytes(1, dynamic(complete(block(schema.dataSources, type), attributes, null)))];
      }),
    PlanResourceChange: (request) =>
      answered(4, () => {
        const fields = fieldsOf(request);
        const proposed = complete(block(schema.resources, nameIn(fields)), valuesIn(fields.get(3)), UNKNOWN);
        return [bytes(1, dynamic(proposed)), number(5, LEGACY_TYPE_SYSTEM)];
      }),
    ApplyResourceChange: (request) =>
      answered(3, async () => {
        const fields = fieldsOf(request);
        const type = nameIn(fields);
        const planned = known(valuesIn(fields.get(3)));
        const made = complete(block(schema.resources, type), { ...planned, ...(await create(type, planned)) }, null);
        return [bytes(1, dynamic(made)), number(4, LEGACY_TYPE_SYSTEM)];
      }),
  };
}

/** The answer, or a diagnostic of an error in the field that is for it. */
async function answered(
  diagnostics: number,
  answer: () => readonly Buffer[] | Promise<readonly Buffer[]>,
): Promise<Buffer> {
  try {
    return message(await answer());
  } catch (error) {
    const summary = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return message([bytes(diagnostics, message([number(1, 1), text(2, summary)]))]);
  }
}

function nameIn(fields: ReadonlyMap<number, Buffer>): string {
  return fields.get(1)?.toString() ?? '';
}

function block(blocks: Readonly<Record<string, BlockSchema>>, type: string): BlockSchema {
  const found = blocks[type];
  if (found === undefined) throw new Error(`The schema has no ${type}.`);
  return found;
}

/** The values of a DynamicValue. @throws Error for null, which is a resource to be deleted: nothing is deleted here */
function valuesIn(dynamicValue: Buffer | undefined): Values {
  const packed = dynamicValue === undefined ? undefined : fieldsOf(dynamicValue).get(1);
  const values = packed === undefined ? null : decode(packed, { extensionCodec });
  if (values === null) throw new Error('Only creating is supported.');
  return values as Values;
}

function dynamic(values: Values): Buffer {
  return bytes(1, Buffer.from(encode(values, { extensionCodec })));
}

/** All attributes and blocks of the schema: those that AWS gives and that are not there are `absent`. */
function complete({ attributes, blocks = {} }: BlockSchema, values: Values, absent: ExtData | null): Values {
  return Object.fromEntries([
    ...Object.entries(attributes).map(([name, schema]) => {
      const value = values[name] ?? null;
      return [name, value === null && parseAttribute(schema).computed ? absent : value];
    }),
    ...Object.entries(blocks).map(([name, nested]) => {
      const inner = values[name] ?? null;
      if (nested.nesting === 'single') return [name, inner === null ? null : complete(nested, inner as Values, absent)];
      return [name, ((inner as readonly Values[] | null) ?? []).map((one) => complete(nested, one, absent))];
    }),
  ]);
}

/** What is set: without nulls and without what is not known yet. */
function known(values: Values): Values {
  const entries = Object.entries(values).map(([name, value]) => [name, knownValue(value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function knownValue(value: unknown): unknown {
  if (value === null || value instanceof ExtData) return undefined;
  if (Array.isArray(value)) return value.map(knownValue);
  return typeof value === 'object' ? known(value as Values) : value;
}

// ---- GetProviderSchema.Response, field by field as in tfplugin6.proto ------------------------------------------------

function schemaAnswer({ configuration, resources, dataSources }: ProviderSchema): Buffer {
  return message([
    bytes(1, schemaMessage(configuration)),
    ...Object.entries(resources).map(([name, block]) =>
      bytes(2, message([text(1, name), bytes(2, schemaMessage(block))])),
    ),
    ...Object.entries(dataSources).map(([name, block]) =>
      bytes(3, message([text(1, name), bytes(2, schemaMessage(block))])),
    ),
  ]);
}

function schemaMessage(block: BlockSchema): Buffer {
  return bytes(2, blockMessage(block));
}

function blockMessage({ attributes, blocks = {} }: BlockSchema): Buffer {
  return message([
    ...Object.entries(attributes).map(([name, schema]) => bytes(2, attributeMessage(name, schema))),
    ...Object.entries(blocks).map(([name, block]) => bytes(3, nestedBlockMessage(name, block))),
  ]);
}

function attributeMessage(name: string, schema: string): Buffer {
  const { type, required, optional, computed } = parseAttribute(schema);
  return message([
    text(1, name),
    text(2, JSON.stringify(ctyType(type))),
    number(4, required ? 1 : 0),
    number(5, optional ? 1 : 0),
    number(6, computed ? 1 : 0),
  ]);
}

function nestedBlockMessage(name: string, block: NestedBlockSchema): Buffer {
  const nesting = { single: 1, list: 2, set: 3 }[block.nesting];
  return message([
    text(1, name),
    bytes(2, blockMessage(block)),
    number(3, nesting),
    number(4, block.min ?? 0),
    number(5, block.max ?? 0),
  ]);
}

/** A type as the protocol writes it. @see https://github.com/zclconf/go-cty/blob/main/docs/json.md#type-values */
function ctyType(type: Type): unknown {
  if (type === 'any') return 'dynamic';
  if (typeof type === 'string') return type;
  if (type.kind !== 'object') return [type.kind, ctyType(type.of)];
  return ['object', Object.fromEntries(Object.entries(type.attributes).map(([name, of]) => [name, ctyType(of)]))];
}

// ---- As a command ----------------------------------------------------------------------------------------------------

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, ...words] = process.argv.slice(2);
  if (command === undefined) throw new Error('Say which command to run, such as terraform -chdir=infra validate.');
  const standIn = await startProviderStandIn(readProviderSchema());
  const child = spawn(command, words, { stdio: 'inherit', env: { ...process.env, ...standIn.environment } });
  child.on('exit', (code) => {
    standIn.stop();
    process.exitCode = code ?? 1;
  });
}
