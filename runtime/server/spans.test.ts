/** Extended traces of the SDK: an OTLP exporter has to be content with what it is answered. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";

import { createMemoryStore } from "../store/memory/memory-store.js";
import { openTestServer } from "./server-fixture.js";

const spans = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: "s", __proto__x: 1 }] }] }] });

test.each([
  ["JSON", "application/json", spans, {}, "{}"],
  ["compressed JSON", "application/json", gzipSync(spans), { "content-encoding": "gzip" }, "{}"],
  ["Protocol Buffers", "application/x-protobuf", new Uint8Array([0x0a, 0xff, 0x00]), {}, ""],
  ["nothing", "application/x-protobuf", "", {}, ""],
])("%s is taken", async (_, type, body, headers, answered) => {
  const server = await openTestServer(createMemoryStore());
  try {
    const init = { method: "POST", headers: { "content-type": type, ...headers }, body: body as BodyInit };
    const answer = await fetch(`${server.url}/v1/traces/userland`, init);
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      200,
      expect.stringContaining(type),
      answered,
    ]);
    expect(server.errors).toEqual([]);
  } finally {
    await server.close();
  }
});
