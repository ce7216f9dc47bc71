/** `${{ … }}` as GitHub evaluates it, by GitHub's own evaluator. What is not known here is refused: the runner's answer is never guessed. */
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** A context's value, such as `github`: text, or more of the same by name. */
export type ContextValue = string | { readonly [name: string]: ContextValue };

/** The contexts of a run by name; `env` answers nothing for a name that it lacks, as on the runner, the others refuse it. */
export type Contexts = Readonly<Record<string, { readonly [name: string]: ContextValue }>>;

/** Expressions may stand anywhere in a text; one that holds `}}` in quotes goes on behind it. */
const EXPRESSION = /\$\{\{((?:'(?:[^']|'')*'|[^'}]|\}(?!\}))*)\}\}/g;

/**
 * A text with its expressions replaced by what they come to.
 * @throws Error for an expression that does not parse, or that asks for what is not known here
 */
export function interpolate(text: string, contexts: Contexts): string {
  const replaced = text.replaceAll(EXPRESSION, (_, expression: string) =>
    evaluate(expression, contexts).coerceString(),
  );
  // What is left of an expression after all whole ones were taken out is one that has no end.
  if (text.replaceAll(EXPRESSION, '').includes('${{')) throw new Error(`An expression in ${text} has no end.`);
  return replaced;
}

/**
 * Whether an `if:` holds; with or without `${{ }}` around it.
 * @throws Error for an expression that does not parse, or that asks for what is not known here
 */
export function holds(condition: string, contexts: Contexts): boolean {
  const whole = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(condition)?.[1] ?? condition;
  if (whole.includes('${{'))
    throw new Error(`The condition ${condition} is a text around an expression: it always holds.`);
  const { kind, ...value } = evaluate(whole, contexts);
  if (kind === data.Kind.Boolean && 'value' in value) return value.value === true;
  throw new Error(`The condition ${condition} is neither true nor false.`);
}

function evaluate(expression: string, contexts: Contexts): data.ExpressionData {
  try {
    const { tokens } = new Lexer(expression).lex();
    const parsed = new Parser(tokens, Object.keys(contexts), []).parse();
    return new Evaluator(parsed, contextsOf(contexts)).evaluate();
  } catch (error) {
    throw new Error(`The expression ${expression.trim()} is refused: ${(error as Error).message}`, { cause: error });
  }
}

function contextsOf(contexts: Contexts): data.Dictionary {
  const pairs = Object.entries(contexts).map(([name, values]) => ({ key: name, value: valueOf(name, values) }));
  return new data.Dictionary(...pairs);
}

function valueOf(path: string, value: ContextValue): data.ExpressionData {
  if (typeof value === 'string') return new data.StringData(value);
  const pairs = Object.entries(value).map(([key, inner]) => ({ key, value: valueOf(`${path}.${key}`, inner) }));
  return path === 'env' ? new data.Dictionary(...pairs) : new Known(path, pairs);
}

/** GitHub answers nothing for a name that a context lacks; here that would be a guess. */
class Known extends data.Dictionary {
  readonly #path: string;

  constructor(path: string, pairs: readonly { readonly key: string; readonly value: data.ExpressionData }[]) {
    super(...pairs);
    this.#path = path;
  }

  override get(key: string): data.ExpressionData {
    const value = super.get(key);
    if (value === undefined) throw new Error(`${this.#path}.${key} is not known here`);
    return value;
  }
}
