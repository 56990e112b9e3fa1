/**
 * Resolves with the first SIGINT or SIGTERM. From then on another one ends the process at once, with the exit code that shells use for
 * a signal.
 */
export function untilSignalled(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first = true;
    const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (!first) process.exit(exitCodes[signal]);
        first = false;
        resolve(signal);
      });
    }
  });
}
