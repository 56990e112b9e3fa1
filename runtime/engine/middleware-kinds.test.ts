/** What middleware sees of the steps that the runtime does itself: requests, signals; and of `step.ai.wrap` and messages. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Inngest, InngestMiddleware, Middleware, openai, type StepTools } from "../define/index.js";
import { encryptionMiddleware } from "../middleware/encryption/encryption.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

let server: Server;
let base: string;
let seen: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers["x-added"] ?? ""}`.trim());
    request.resume().on("end", () => response.end(JSON.stringify({ said: "ssn 078-05" })));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function run(middleware: readonly (Middleware.Class | InngestMiddleware<any>)[], handler: Handler) {
  seen = [];
  const client = new Inngest({ id: "app", middleware: [...middleware] as [] });
  const work = client.createFunction({ id: "work", retries: 1, triggers: [{ event: "go" }] }, ({ step }) =>
    handler(step as never),
  );
  const engine = await TestEngine.start({ app: applicationFromDefinitions([work]), store: createMemoryStore() });
  await engine.send({ name: "go" });
  await engine.advance("1h");
  const [snapshot] = await engine.runs();
  await engine.engine.stop();
  return snapshot!;
}
type Handler = (step: StepTools<any>) => Promise<unknown>;

const infer = (step: StepTools<any>) =>
  step.ai.infer("ask", {
    model: openai({ model: "m", apiKey: "key", baseUrl: base }),
    body: { messages: [{ role: "user", content: "hello" }] },
  });

test("v4's hooks get the kind and the input of each, and are told of each attempt", async () => {
  const log: string[] = [];
  class Hooks extends Middleware.BaseMiddleware {
    readonly id = "hooks";
    override transformStepInput(args: Middleware.TransformStepInputArgs) {
      const { stepType } = args.stepInfo;
      const shown = JSON.stringify(args.input)
        .replaceAll(base, "")
        .replaceAll(/,"headers":\{.*?\}/g, "");
      log.push(`${args.stepOptions.id}: ${stepType} ${shown}`);
      if (stepType !== "fetch") return args;
      const [request] = args.input as [{ headers: Record<string, string> }];
      return { ...args, input: [{ ...request, headers: { ...request.headers, "x-added": "by middleware" } }] };
    }
    override onStepStart({ stepInfo }: Middleware.OnStepStartArgs) {
      log.push(`start ${stepInfo.options.id}`);
    }
    override onStepComplete({ stepInfo, output }: Middleware.OnStepCompleteArgs) {
      const { status } = output as { status?: number };
      log.push(`complete ${stepInfo.options.id}${status === undefined ? "" : ` ${status}`}`);
    }
    override onStepError({ error, isFinalAttempt }: Middleware.OnStepErrorArgs) {
      log.push(`error ${error.message.replace(/: .*/, "").replace(base, "")} final=${isFinalAttempt}`);
    }
  }
  await run([Hooks], async (step) => {
    await step.fetch("get", `${base}/one`, { headers: { "x-own": "1" } });
    await infer(step);
    await step.ai.wrap("wrap", async (text: string) => text.length, "hello");
    await step.sendSignal("tell", { signal: "s", data: { n: 1 } });
    await step.waitForSignal("listen", { signal: "s", timeout: "1m" });
    await step.fetch({ id: "refused", retries: 0 }, "http://127.0.0.1:1/").catch(() => {});
  });
  expect(seen[0]).toBe("GET /one by middleware");
  // Once more in the replay after the wait, with nothing to be told of.
  expect([...new Set(log)]).toEqual([
    'get: fetch [{"url":"/one","method":"GET"}]',
    "start get",
    "complete get 200",
    'ask: ai.infer [{"url":"/chat/completions","body":{"messages":[{"role":"user","content":"hello"}],"model":"m"}}]',
    "start ask",
    "complete ask",
    'wrap: ai.wrap ["hello"]',
    "start wrap",
    "complete wrap",
    'tell: sendSignal [{"signal":"s","data":{"n":1}}]',
    "start tell",
    "complete tell",
    // Nothing of these is executed here: the SDK, too, tells only of steps that are.
    'listen: waitForSignal [{"signal":"s","timeout":60000,"conflict":"fail"}]',
    'refused: fetch [{"url":"http://127.0.0.1:1/","method":"GET"}]',
    "start refused",
    "error GET http://127.0.0.1:1/ failed final=true",
  ]);
});

test("v3's `transformOutput` sees the results of requests, and changes what is recorded", async () => {
  const kinds: string[] = [];
  const legacy = new InngestMiddleware({
    name: "legacy",
    init: () => ({
      onFunctionRun: () => ({
        transformOutput: ({ result, step }) => {
          if (!step) return;
          kinds.push(String(step.displayName));
          return { result: { data: { recorded: result.data } } };
        },
      }),
    }),
  });
  const { journal, run: ended } = await run([legacy], async (step) => {
    const answer = await step.fetch("get", base);
    return [answer.status, await infer(step)];
  });
  expect(kinds).toEqual(["get", "ask"]);
  expect(journal.map(({ output }) => Object.keys(JSON.parse(output) as object))).toEqual([["recorded"], ["recorded"]]);
  expect(JSON.parse(ended.output!)).toEqual([200, { said: "ssn 078-05" }]);
});

test("the answers of requests are encrypted in the journal, and clear to the handler", async () => {
  const { journal, run: ended } = await run([encryptionMiddleware({ key: "secret" })], async (step) => {
    const answer = (await (await step.fetch("get", base)).json()) as { said: string };
    const inferred = (await infer(step)) as unknown as { said: string };
    await step.sleep("nap", "30m");
    return [answer.said, inferred.said].map((said) => said.length);
  });
  expect(ended.status).toBe("completed");
  expect(journal.map(({ kind }) => kind)).toEqual(["fetch", "ai", "sleep"]);
  expect(JSON.stringify(journal)).not.toContain("078-05");
});

test("a message is published as it is, once, and encrypted in the journal", async () => {
  const kinds: string[] = [];
  class Hooks extends Middleware.BaseMiddleware {
    readonly id = "hooks";
    override onStepComplete({ stepInfo }: Middleware.OnStepCompleteArgs) {
      kinds.push(stepInfo.stepType);
    }
  }
  const got: unknown[] = [];
  const { journal, run: ended } = await run([Hooks, encryptionMiddleware({ key: "secret" })], async (step) => {
    const onMessage = ({ data }: { data: unknown }) => void got.push(data);
    await step.run("listen", async () => {
      await new Inngest({ id: "onlooker" }).realtime.subscribe({ channel: "c", topics: ["t"], onMessage });
    });
    const data = await step.realtime.publish("tell", { channel: "c", topic: "t", data: { said: "ssn 078-05" } });
    await step.sleep("nap", "30m");
    return data.said.length;
  });
  expect([ended.output !== null, ended.status, got]).toEqual([true, "completed", [{ said: "ssn 078-05" }]]);
  expect(kinds).toEqual(["run", "realtime.publish"]);
  expect(JSON.stringify(journal)).not.toContain("078-05");
});

test("a request that its own signal has aborted is not tried again", async () => {
  const { journal } = await run([], (step) => step.fetch("get", base, { signal: AbortSignal.abort() }).catch(() => {}));
  expect(seen).toEqual([]);
  expect(journal[0]).toMatchObject({ status: "failed", attempt: 0 });
  expect(journal[0]!.output).toContain("was aborted by its `signal`");
});
