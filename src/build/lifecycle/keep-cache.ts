/** The next build is slower without a cache, nothing else. */
export async function keepCache(
  save: () => Promise<void>,
  request: { readonly signal: AbortSignal; readonly onNote?: (note: string) => void },
): Promise<void> {
  try {
    await save();
  } catch (error) {
    request.signal.throwIfAborted();
    request.onNote?.(`The layer cache could not be saved: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
