import constraints from './constraints.json' with { type: 'json' };
import type { ServiceName } from './actions.ts';

/** One shape of an AWS API model, as far as requests are checked against it. */
export interface Shape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, string>>;
  readonly member?: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

interface ServiceConstraints {
  /** Operation → name of its input shape. */
  readonly operations: Readonly<Record<string, string | null>>;
  readonly errors: Readonly<Record<string, { readonly code: string; readonly status: number }>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

const SERVICES = constraints as Readonly<Record<ServiceName, ServiceConstraints>>;

/** Error shapes of a service: their codes on the wire and HTTP statuses. */
export function errorShapes(service: ServiceName): ServiceConstraints['errors'] {
  return SERVICES[service].errors;
}

/** A shape of a service by name; throws for a name that the extract lacks. */
export function shapeNamed(service: ServiceName, name: string): Shape {
  const shape = SERVICES[service].shapes[name];
  if (shape === undefined) throw new Error(`The ${service} model has no shape ${name}`);
  return shape;
}

/** Name of the input shape of an operation; `null` for one without input, `undefined` for an unknown operation. */
export function inputShapeOf(service: ServiceName, operation: string): string | null | undefined {
  const { operations } = SERVICES[service];
  return Object.hasOwn(operations, operation) ? operations[operation] : undefined;
}
