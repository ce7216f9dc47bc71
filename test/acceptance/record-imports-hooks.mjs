// Node's module hooks: write down which of the source's files asks for what, a line each.
import { appendFileSync } from 'node:fs';

let file = '';

export function initialize({ file: named }) {
  file = named;
}

export async function resolve(specifier, context, next) {
  const parent = context.parentURL ?? '';
  if (parent.includes('/src/')) appendFileSync(file, `${parent.split('?')[0]} ${specifier.split('?')[0]}\n`);
  return next(specifier, context);
}
