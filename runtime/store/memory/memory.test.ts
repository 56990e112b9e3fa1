import { describeStore } from "../conformance.js";
import { createMemoryStore } from "./memory-store.js";

describeStore("memory", async () => {
  const store = createMemoryStore();
  return { store, reopen: async () => {}, remove: async () => {} };
});
