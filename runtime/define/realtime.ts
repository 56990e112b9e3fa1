import type { StepOptionsOrId } from "./step-options.js";

/** A topic of a channel. */
export interface TopicRef<Data = any> {
  readonly channel: string;
  readonly topic: string;
  readonly "~data"?: Data;
}

export interface RealtimeTools {
  /** Publishes once. */
  publish<Data>(id: StepOptionsOrId, topic: TopicRef<Data>, data: Data): Promise<Data>;
}
