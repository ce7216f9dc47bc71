/** A schema on a route would be a second contract: the process must not start with one. */
function noRouteSchema(): never {
  throw new Error('Routes have no schemas of their own; openapi.yaml is the contract.');
}

/**
 * Fastify's `schemaController` for apps whose requests the contract validates: Fastify's own compilers are neither used nor,
 * at start, loaded.
 */
export const NO_ROUTE_SCHEMAS = {
  compilersFactory: { buildValidator: noRouteSchema, buildSerializer: noRouteSchema },
} as const;
