/**
 * Loads something when it is first needed and keeps it. A load that failed is not kept: the next caller tries again, so that one
 * hiccup does not fail every request until the process ends.
 */
export function loadOnce<Loaded>(load: () => Promise<Loaded>): () => Promise<Loaded> {
  let loaded: Promise<Loaded> | undefined;
  return () => {
    const loading = (loaded ??= load());
    loading.catch(() => {
      if (loaded === loading) loaded = undefined;
    });
    return loading;
  };
}
