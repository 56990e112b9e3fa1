/** What a measured process is told to do, and what it tells. Sent as messages between the two processes. */
export type Job =
  | {
      readonly name: "throughput";
      readonly database: string;
      readonly runs: number;
      readonly inFlight: number;
      readonly warmUp: number;
    }
  | { readonly name: "bare"; readonly database: string; readonly runs: number; readonly inFlight: number }
  | { readonly name: "latency"; readonly database: string; readonly warmUp: number; readonly samples: number }
  | { readonly name: "sequence"; readonly database: string; readonly warmUpSteps: number; readonly steps: number }
  | {
      readonly name: "journal-length";
      readonly database: string;
      readonly short: number;
      readonly long: number;
      readonly window: number;
    }
  | { readonly name: "fan-out"; readonly database: string; readonly steps: number }
  /** Events through a policy: one at a time for each key with a throttle, debounced, or in batches of 100. */
  | {
      readonly name: "flow";
      readonly database: string;
      readonly kind: "keyed" | "debounced" | "batched";
      readonly events: number;
      readonly keys: number;
      /** So many are to end. */
      readonly runs: number;
      readonly perCall: number;
      readonly inFlight: number;
    }
  | { readonly name: "backlog"; readonly database: string; readonly runs: number }
  | { readonly name: "sleepers"; readonly database: string; readonly runs: number; readonly inFlight: number }
  /** Serves over HTTP until it is killed; reports `ended` when that many runs have ended. */
  | {
      readonly name: "server";
      readonly database: string;
      readonly stepLog: string | null;
      readonly reportEnded: number | null;
    }
  /** Serves two functions by a version of the official SDK, registers them with the runtime, and stays until it is killed. */
  | {
      readonly name: "sdk-app";
      readonly sdk: "v3" | "v4";
      readonly checkpointing: boolean;
      readonly runtimePort: number;
    }
  /** Reports where it listens, waits for the functions of an `sdk-app`, and measures them. */
  | {
      readonly name: "remote";
      readonly database: string;
      readonly runs: number;
      readonly inFlight: number;
      readonly warmUp: number;
      /** So many runs one after the other, with so many steps each. */
      readonly sequences: number;
      readonly sequenceSteps: number;
    }
  | { readonly name: "compile-edits"; readonly project: string; readonly edits: number };

export type JobName = Job["name"];

export type Report =
  | { readonly kind: "figures"; readonly figures: Readonly<Record<string, number>> }
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "asleep"; readonly seconds: number; readonly memoryBeforeMb: number }
  | { readonly kind: "ended" }
  | { readonly kind: "error"; readonly message: string };

export function report(message: Report): void {
  process.send?.(message);
}
