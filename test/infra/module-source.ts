import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktn/hcl2json';

/** A block's content as the parser gives it: `${…}` for expressions, a list of contents for blocks. */
export type Content = Readonly<Record<string, unknown>>;

/** One module: the text of its files, by their names. */
export type ModuleText = Readonly<Record<string, string>>;

/** A block at the top of a file, such as `resource "aws_sqs_queue" "dead_letters"`. */
export interface TopBlock {
  readonly file: string;
  readonly kind: string;
  readonly labels: readonly string[];
  readonly content: Content;
}

/** Reads the text of a module's `.tf` files. */
export function readModule(folder: string): ModuleText {
  const files = readdirSync(folder).filter((name) => name.endsWith('.tf'));
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** How many labels a block has in front of its content. */
const LABELS: Readonly<Record<string, number>> = {
  resource: 2,
  data: 2,
  variable: 1,
  output: 1,
  module: 1,
  provider: 1,
};

/**
 * Parses a module.
 * @throws Error for a file that is not HCL, with its name and the line
 */
export async function parseModule(text: ModuleText): Promise<readonly TopBlock[]> {
  const blocks: TopBlock[] = [];
  for (const [file, source] of Object.entries(text)) {
    const parsed = await parse(file, source);
    for (const [kind, value] of Object.entries(parsed))
      blocks.push(...unfold(file, kind, [], value, LABELS[kind] ?? 0));
  }
  return blocks;
}

function unfold(
  file: string,
  kind: string,
  labels: readonly string[],
  value: unknown,
  left: number,
): readonly TopBlock[] {
  if (left > 0)
    return Object.entries(value as Content).flatMap(([label, inner]) =>
      unfold(file, kind, [...labels, label], inner, left - 1),
    );
  return (value as readonly Content[]).map((content) => ({ file, kind, labels, content }));
}
