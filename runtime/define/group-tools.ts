export interface ParallelOptions {
  /** The run continues when the first of the steps has ended. */
  mode?: "race";
}

/** Tools for several steps at a time. */
export interface GroupTools {
  parallel<T>(callback: () => Promise<T>): Promise<T>;
  parallel<T>(options: ParallelOptions, callback: () => Promise<T>): Promise<T>;
}
