/**
 * Loads something on first use, once for all who wait for it, and keeps it. Where that fails, those who wait
 * are told, and the next use tries again.
 */
export function keptLoad<Loaded>(load: () => Promise<Loaded>): () => Promise<Loaded> {
  let loading: Promise<Loaded> | undefined;
  return () =>
    loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    });
}
