/** Resolves after that many milliseconds. A module of its own so that tests can do without the wait. */
export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
