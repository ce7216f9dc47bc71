/**
 * Extracts what the embedded AWS checks its requests against — members, patterns, lengths, enums and errors of the
 * operations that it offers — from AWS's API models.
 *
 *     node --import=tsx scripts/extract-aws-constraints.ts ecr.json iam.json sts.json
 *
 * The arguments are botocore's `service-2.json` files of the three services; the result is written to
 * `src/local/aws/constraints.json`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { ACTIONS } from '../src/local/aws/actions.ts';
import type { ServiceName } from '../src/local/aws/actions.ts';

interface ModelShape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number };
}

interface Model {
  readonly operations: Readonly<
    Record<
      string,
      { readonly input?: { readonly shape: string }; readonly errors?: readonly { readonly shape: string }[] }
    >
  >;
  readonly shapes: Readonly<Record<string, ModelShape>>;
}

/** Members that the embedded AWS ignores, by their structure: what is not carried out is not checked either. */
const IGNORED: Readonly<Record<string, readonly string[]>> = {
  SimulatePrincipalPolicyRequest: ['PolicyExclusionList'],
};

const KEPT = ['type', 'required', 'min', 'max', 'pattern', 'enum'] as const;

function extract(model: Model, names: readonly string[]): object {
  const operations: Record<string, string | null> = {};
  const errors: Record<string, { code: string; status: number }> = {};
  const declared: Record<string, readonly string[]> = {};
  const shapes: Record<string, object> = {};

  const keep = (name: string): void => {
    const shape = model.shapes[name];
    if (shape === undefined || shapes[name] !== undefined) return;
    const kept: Record<string, unknown> = {};
    for (const key of KEPT) if (key in shape) kept[key] = shape[key as keyof ModelShape];
    const members = Object.entries(shape.members ?? {}).filter(([member]) => IGNORED[name]?.includes(member) !== true);
    if (shape.members) kept['members'] = Object.fromEntries(members.map(([member, of]) => [member, of.shape]));
    if (shape.member) kept['member'] = shape.member.shape;
    shapes[name] = kept;
    for (const [, member] of members) keep(member.shape);
    if (shape.member) keep(shape.member.shape);
  };

  for (const name of names) {
    const operation = model.operations[name];
    if (operation === undefined) throw new Error(`The model has no operation ${name}`);
    operations[name] = operation.input?.shape ?? null;
    if (operation.input) keep(operation.input.shape);
    declared[name] = (operation.errors ?? []).map(({ shape }) => shape);
    for (const { shape } of operation.errors ?? []) {
      const error = model.shapes[shape]?.error;
      errors[shape] = { code: error?.code ?? shape, status: error?.httpStatusCode ?? 400 };
    }
  }
  return { operations, declared, errors, shapes };
}

const services: readonly ServiceName[] = ['ecr', 'iam', 'sts'];
const files = process.argv.slice(2);
if (files.length !== services.length) throw new Error('Give the three model files: ecr.json iam.json sts.json');
const constraints = {
  $comment:
    "Constraints of the offered operations, from botocore's API models (botocore/data/{ecr,iam,sts}/*/service-2.json, " +
    'commit 0e6e2404b of 2026-08-07, the same in 1.43.11; Apache-2.0, Copyright Amazon.com, Inc. or its affiliates). ' +
    'Written by scripts/extract-aws-constraints.ts.',
  ...Object.fromEntries(
    services.map((service, index) => {
      const model = JSON.parse(readFileSync(files[index] ?? '', 'utf8')) as Model;
      return [service, extract(model, ACTIONS[service])];
    }),
  ),
};
writeFileSync(
  new URL('../src/local/aws/constraints.json', import.meta.url),
  `${JSON.stringify(constraints, null, 2)}\n`,
);
