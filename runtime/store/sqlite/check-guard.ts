import type { Guard } from "../store.js";
import type { WriteContext } from "./write-context.js";
import { readNumber } from "./read-column.js";

export function guardHolds(context: WriteContext, guard: Guard): boolean {
  switch (guard.kind) {
    case "lease": {
      const head = context.heads.find(guard.runId);
      return head !== undefined && head.leased && head.epoch === guard.epoch;
    }
    case "open":
      return context.heads.find(guard.runId)?.open === true;
    case "unleased": {
      const head = context.heads.find(guard.runId);
      return head !== undefined && head.open && !head.leased;
    }
    case "wake": {
      const head = context.heads.find(guard.runId);
      return !!head && context.has("SELECT 1 FROM wakes WHERE run = ? AND key = ?", [head.n, guard.stepKey]);
    }
    case "wakes": {
      const head = context.heads.find(guard.runId);
      const row = head && context.get("SELECT count(*) AS count FROM wakes WHERE run = ?", [head.n]);
      return (row ? readNumber(row, "count") : 0) === guard.count;
    }
    case "schedule":
      return context.has("SELECT 1 FROM schedules WHERE id = ? AND next_at = ?", [guard.id, guard.nextAt]);
  }
}
