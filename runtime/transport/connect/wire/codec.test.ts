import protobuf from "protobufjs/light.js";
import { expect, test } from "vitest";

import { decode, encode, MalformedFrameError } from "./codec.js";
import { frame, kinds, readFrame, reply, workerConnect } from "./messages.js";

const said = {
  connectionId: "c",
  instanceId: "ü",
  authData: { sessionToken: "s", syncToken: "t" },
  apps: [
    { appName: "a", appVersion: "", functions: Buffer.from("[]") },
    { appName: "", appVersion: "2", functions: Buffer.alloc(0) },
  ],
  manualReadinessAck: true,
  systemAttributes: { cpuCores: 2, memBytes: 2 ** 40, os: "linux" },
  maxWorkerConcurrency: 300,
};

test("what is written is read again, what is left out is empty", () => {
  const read = decode(workerConnect, encode(workerConnect, said));
  expect(read).toMatchObject({ ...said, apps: [{ appName: "a" }, { appName: "", appVersion: "2" }] });
  expect(read).toMatchObject({ environment: "", startedAt: null, capabilities: new Uint8Array(0) });
});

test("it is Protocol Buffers, as another implementation reads them", () => {
  const app = new protobuf.Type("App")
    .add(new protobuf.Field("appName", 1, "string"))
    .add(new protobuf.Field("functions", 4, "bytes"));
  const type = new protobuf.Type("Connect")
    .add(new protobuf.Field("connectionId", 1, "string"))
    .add(new protobuf.Field("apps", 5, "App", "repeated"))
    .add(new protobuf.Field("manualReadinessAck", 6, "bool"))
    .add(new protobuf.Field("maxWorkerConcurrency", 14, "int64"))
    .add(app);
  new protobuf.Root().add(type);
  const read = type.toObject(type.decode(encode(workerConnect, said)), { longs: Number });
  expect(read).toMatchObject({ connectionId: "c", manualReadinessAck: true, maxWorkerConcurrency: 300 });
  expect(read["apps"]).toMatchObject([{ appName: "a" }, {}]);
});

test("unknown fields and fields of another type are skipped", () => {
  const more = protobuf.Writer.create();
  more.uint32((99 << 3) | 2).string("new");
  more.uint32((7 << 3) | 2).string("no boolean");
  more.uint32((1 << 3) | 2).string("r1");
  expect(decode(reply, more.finish())).toMatchObject({ requestId: "r1", noRetry: false });
});

test.each([
  ["a length beyond the end", Buffer.from([0x12, 0x7f, 0x00])],
  ["a varint without an end", Buffer.alloc(12, 0xff)],
  ["a nested message that is cut off", frame(kinds.workerReply, reply, { requestId: "abc" }).subarray(0, 6)],
  ["a group", Buffer.from([0x0b])],
])("%s is malformed", (_, bytes) => {
  expect(() => readFrame(bytes)).toThrow(MalformedFrameError);
});
