import { expect, it } from "vitest";
import { UndoLog } from "../../undo-log.js";
import { Queues } from "./queues.js";

it("keeps nothing of the buckets that nobody waits for any more", () => {
  const undo = new UndoLog();
  const queues = new Queues(undo);
  const queue = { functionId: "f", blockedLimit: 1, size: 1 };
  for (let n = 0; n < 10; n++) queues.put({ ...queue, n, turn: queues.nextTurn(), blockedOn: `key ${n}` });
  for (let n = 0; n < 9; n++) queues.put({ ...queue, n, turn: queues.nextTurn(), blockedOn: null });
  expect(queues.waitedFor).toBe(10);
  queues.sweep();
  expect(queues.waitedFor).toBe(1);
  expect(queues.firstBlocked("key 9", 0)?.n).toBe(9);
  undo.rollBack(10);
  expect(queues.firstBlocked("key 3", 0)?.n).toBe(3);
});
