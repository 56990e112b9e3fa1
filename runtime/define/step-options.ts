/** A step's id, unique within its run, and what the interface calls it. */
export interface StepOptions {
  id: string;
  name?: string;
  /** `race`: the run continues when the first of several parallel steps has ended. */
  parallelMode?: "race";
}

export type StepOptionsOrId = string | StepOptions;
