/**
 * A stand-in for the AWS provider that knows its schema and nothing else, so that the real `terraform` or `tofu` can
 * check infra/ on a machine without a network. It speaks the plugin protocol, version 6, as far as `init`, `validate`
 * and `test` with a mocked provider need it; it can create nothing.
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

const METHODS = `GetMetadata GetProviderSchema ValidateProviderConfig ValidateResourceConfig ValidateDataResourceConfig
  UpgradeResourceState ConfigureProvider StopProvider`.split(/\s+/);

/** Starts a stand-in on a free port of this machine. */
export async function startProviderStandIn(schema: ProviderSchema): Promise<ProviderStandIn> {
  const answers: Readonly<Record<string, Buffer>> = { GetProviderSchema: schemaAnswer(schema) };
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
    (_call: unknown, done: (error: null, answer: Buffer) => void) => done(null, answers[name] ?? Buffer.alloc(0)),
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

// ---- Protocol Buffers: https://protobuf.dev/programming-guides/encoding/ ---------------------------------------------

function message(fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function number(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.concat([varint(field << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const groups: number[] = [];
  let rest = value;
  do {
    groups.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.from(groups);
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
