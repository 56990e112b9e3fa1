/** The promise's value, or null when the signal comes first. */
export async function unlessAborted<T>(promise: Promise<T | null>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return Promise.race([promise, Promise.resolve(null)]);
  let giveUp = () => {};
  const aborted = new Promise<null>((resolve) => {
    giveUp = () => resolve(null);
    signal.addEventListener("abort", giveUp, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
