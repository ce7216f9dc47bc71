/** What a request to the Distribution API is about. */
export type Route =
  | { readonly kind: 'base' }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly id: string }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly kind: 'tags'; readonly name: string };

/**
 * Reads the path of a request under `/v2/`; `undefined` for one that the API does not have. A repository's name holds slashes, so
 * it is what stands before the last known word.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
export function routeOf(path: string): Route | undefined {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' };
  const parts = /^\/v2\/(.+)\/(?:(blobs\/uploads)\/?([^/]*)|(blobs|manifests)\/([^/]+)|tags\/(list))$/.exec(path);
  if (parts === null) return undefined;
  const [, name = '', uploads, id = '', kind, reference = ''] = parts;
  if (uploads !== undefined) return id === '' ? { kind: 'uploads', name } : { kind: 'upload', name, id };
  if (kind === 'blobs') return { kind: 'blob', name, digest: reference };
  return kind === 'manifests' ? { kind: 'manifest', name, reference } : { kind: 'tags', name };
}
