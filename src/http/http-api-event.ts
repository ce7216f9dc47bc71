import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { readRepositoryPath, repositoryUrl, type RepositoryPath } from './rest/repository-path.ts';

/**
 * What an event means to the service.
 * `request`: a request, its `rawPath` now a URL that says what API Gateway's path and query string say, and nothing else.
 * `refused`: a request that the service cannot serve as it is deployed; the detail says what to configure.
 * `foreign`: no HTTP request at all.
 */
export type ReadEvent =
  | { readonly kind: 'request'; readonly event: APIGatewayProxyEventV2 }
  | { readonly kind: 'refused'; readonly code: 'unknown-path' | 'internal'; readonly detail: string }
  | { readonly kind: 'foreign'; readonly detail: string };

const WANTED = 'This function takes events of an API Gateway HTTP API in payload format 2.0.';

/**
 * Reads the event of an HTTP API in payload format 2.0. Others are refused: their paths and query strings are encoded otherwise, and
 * one that is taken for the other is a request that nobody made.
 *
 * API Gateway decodes the path. What was `%23` in the client's URL is `#` in the event, and would be taken for the URL's own when
 * it is read again: `DELETE …/koa%2Fapp%23old` would delete `koa/app`. So the path is encoded again, piece by piece, and means to
 * the service what it meant in the event. The query string is taken as it was sent: API Gateway's parsed form has joined
 * what was repeated.
 * @param roots the first segments of all paths that the service knows, such as `v1`
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function readEvent(event: unknown, roots: ReadonlySet<string>): ReadEvent {
  const given = (event ?? {}) as Partial<APIGatewayProxyEventV2> & { readonly httpMethod?: unknown };
  const { version, rawPath, rawQueryString, headers, cookies, body, requestContext } = given;
  const http = requestContext?.http;
  if (requestContext !== undefined && 'elb' in requestContext)
    return refused(`${WANTED} Put an HTTP API in the place of the load balancer.`);
  if (given.httpMethod !== undefined || version === '1.0')
    return refused(
      `${WANTED} Set the integration's payload format version to 2.0, or put an HTTP API in the place of the REST API.`,
    );
  if (version !== '2.0' || http === undefined || rawPath === undefined || rawQueryString === undefined)
    return { kind: 'foreign', detail: `${WANTED} This is none; to try the function, send it such an event.` };
  if (requestContext?.domainName?.includes('.lambda-url.') === true)
    return refused(`${WANTED} Put an HTTP API in the place of the function URL, whose paths are encoded otherwise.`);
  const path = pathIn(rawPath, requestContext?.stage, roots);
  if (path === undefined)
    return {
      kind: 'refused',
      code: 'unknown-path',
      detail:
        'The path begins with a segment that the service does not know. Map the domain to the API without a base path, and address the API by the name of its own stage or by $default.',
    };
  return {
    kind: 'request',
    event: {
      version,
      routeKey: '$default',
      rawPath: urlOf(path, rawQueryString),
      rawQueryString: '',
      headers: headers ?? {},
      ...(cookies === undefined ? {} : { cookies }),
      ...(body === undefined ? {} : { body }),
      requestContext: { ...requestContext, http },
      isBase64Encoded: given.isBase64Encoded === true,
    } as APIGatewayProxyEventV2,
  };
}

function refused(detail: string): ReadEvent {
  return { kind: 'refused', code: 'internal', detail };
}

/**
 * The path without the stage's name, which stands before it unless the stage is `$default`. Nothing where something else stands before
 * a path that the service knows: the base path of a domain.
 */
function pathIn(rawPath: string, stage: string | undefined, roots: ReadonlySet<string>): string | undefined {
  const [, first = ''] = rawPath.split('/', 2);
  const rest = rawPath.slice(first.length + 1);
  const isRooted = roots.has(rootOf(rest));
  if (isRooted && stage !== '$default' && first === stage) return rest;
  return isRooted && !roots.has(first) ? undefined : rawPath;
}

function rootOf(path: string): string {
  return path.split('/', 2)[1] ?? '';
}

function urlOf(path: string, query: string): string {
  const encoded = encodedPath(path.toWellFormed());
  // A number sign would end the URL, and with it the query string.
  return query === '' ? encoded : `${encoded}?${query.replaceAll('#', '%23')}`;
}

/** A URL's path that is read as this one, whatever is in it: URLs go up at `..` and know `//` and `\` as something else. */
function encodedPath(path: string): string {
  const repository = readRepositoryPath(path);
  if (repository !== undefined && isPlain(repository)) return repositoryUrl(repository);
  const segments = path.split('/').slice(1);
  // No path of the contract has such a segment: as one piece it is a path that nobody knows.
  const isOdd = !path.startsWith('/') || segments.some((segment) => segment === '' || isDots(segment));
  return isOdd ? `/%2F${encodeURIComponent(path)}` : `/${segments.map(encodeURIComponent).join('/')}`;
}

/** Whether nothing of it would be read as a step upwards, or be dropped, in a URL. */
function isPlain({ name, behind = 'nothing' }: RepositoryPath): boolean {
  return !isDots(name) && !behind.split('/').some((segment) => segment === '' || isDots(segment));
}

function isDots(segment: string): boolean {
  return segment === '.' || segment === '..';
}
