/** A run's state as an application fetches it that executes the run. */
import type { RecordedStep } from "../transport.js";
import { memoOf } from "./memo.js";
import { toWireEvent } from "./wire-event.js";

/** JSON text: the results of settled steps by the wire forms of their keys, in the order given. */
export function writeSteps(journal: readonly RecordedStep[]): string {
  const memos = journal.map(memoOf);
  return `{${memos.map(({ hash, text }) => `"${hash}":${text}`).join(",")}}`;
}

/** JSON text: the events that the run is for, as handlers see them. */
export function writeEvents(events: readonly unknown[], functionId: string): string {
  return JSON.stringify(events.map((event) => toWireEvent(event, functionId)));
}
