import { describe, expect, test } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Inngest, InngestMiddleware, Middleware, NonRetriableError } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

/** Ids are new each time. */
const show = (value: unknown): string | undefined => JSON.stringify(value)?.replaceAll(/"\w{26}"/g, '"id"');

/** Records every hook as `name.hook detail`. */
function modern(log: string[], name: string): Middleware.Class {
  return class extends Middleware.BaseMiddleware {
    readonly id = name;
    #say(hook: string, detail: unknown = ""): void {
      log.push(`${name}.${hook} ${String(detail)}`.trim());
    }
    static override onRegister({ fn }: Middleware.OnRegisterArgs) {
      log.push(`${name}.onRegister ${fn?.id ?? "client"}`);
    }
    override onMemoizationEnd() {
      this.#say("onMemoizationEnd");
    }
    override onRunStart() {
      this.#say("onRunStart");
    }
    override onRunComplete({ output }: Middleware.OnRunCompleteArgs) {
      this.#say("onRunComplete", JSON.stringify(output));
    }
    override onRunError({ error, isFinalAttempt }: Middleware.OnRunErrorArgs) {
      this.#say("onRunError", `${error.message} final=${isFinalAttempt}`);
    }
    override onStepStart({ stepInfo }: Middleware.OnStepStartArgs) {
      this.#say("onStepStart", stepInfo.options.id);
    }
    override onStepComplete({ stepInfo, output }: Middleware.OnStepCompleteArgs) {
      this.#say("onStepComplete", `${stepInfo.options.id} ${show(output)}`);
    }
    override onStepError({ stepInfo, error, isFinalAttempt }: Middleware.OnStepErrorArgs) {
      this.#say("onStepError", `${stepInfo.options.id} ${error.message} final=${isFinalAttempt}`);
    }
    override transformFunctionInput(args: Middleware.TransformFunctionInputArgs) {
      this.#say("transformFunctionInput", Object.keys(args.steps).length);
      return args;
    }
    override transformStepInput(args: Middleware.TransformStepInputArgs) {
      this.#say("transformStepInput", args.stepOptions.id);
      return args;
    }
    override transformSendEvent(args: Middleware.TransformSendEventArgs) {
      this.#say("transformSendEvent", args.events.map((event) => event.name).join());
      return args;
    }
    override async wrapRequest({ next }: Middleware.WrapRequestArgs) {
      this.#say("wrapRequest >");
      const response = await next();
      this.#say("wrapRequest <", response.status);
      return response;
    }
    override async wrapFunctionHandler({ next }: Middleware.WrapFunctionHandlerArgs) {
      this.#say("wrapFunctionHandler >");
      const value = await next();
      this.#say("wrapFunctionHandler <");
      return value;
    }
    override async wrapStep({ next, stepInfo }: Middleware.WrapStepArgs) {
      this.#say("wrapStep >", `${stepInfo.options.id} memoized=${stepInfo.memoized}`);
      const value = await next();
      this.#say("wrapStep <", stepInfo.options.id);
      return value;
    }
    override async wrapStepHandler({ next, stepInfo }: Middleware.WrapStepHandlerArgs) {
      this.#say("wrapStepHandler >", stepInfo.options.id);
      const value = await next();
      this.#say("wrapStepHandler <", stepInfo.options.id);
      return value;
    }
    override async wrapSendEvent({ next, fn }: Middleware.WrapSendEventArgs) {
      this.#say("wrapSendEvent >", fn?.id ?? "client");
      const value = await next();
      this.#say("wrapSendEvent <");
      return value;
    }
  };
}

function legacy(log: string[], name: string): InngestMiddleware {
  const say = (hook: string, detail = "") => void log.push(`${name}.${hook} ${detail}`.trim());
  return new InngestMiddleware({
    name,
    init: ({ fn }) => {
      say("init", fn?.id ?? "client");
      return {
        onFunctionRun: () => {
          say("onFunctionRun");
          return {
            transformInput: ({ steps }) => say("transformInput", String(steps.length)),
            beforeMemoization: () => say("beforeMemoization"),
            afterMemoization: () => say("afterMemoization"),
            beforeExecution: () => say("beforeExecution"),
            afterExecution: () => say("afterExecution"),
            transformOutput: ({ result, step }) =>
              say("transformOutput", `${step?.displayName ?? "run"} ${show(result)}`),
            finished: ({ result }) => say("finished", JSON.stringify(result)),
            beforeResponse: () => say("beforeResponse"),
          };
        },
        onSendEvent: () => ({
          transformInput: ({ payloads }) => say("send.transformInput", payloads.map((event) => event.name).join()),
          transformOutput: () => say("send.transformOutput"),
        }),
      };
    },
  });
}

async function start(functions: Parameters<typeof applicationFromDefinitions>[0]) {
  return TestEngine.start({ app: applicationFromDefinitions(functions), store: createMemoryStore() });
}

describe("SDK v4's hooks", () => {
  const setUp = () => {
    const log: string[] = [];
    const client = new Inngest({ id: "app", middleware: [modern(log, "A")] });
    const fn = client.createFunction(
      { id: "work", retries: 1, middleware: [modern(log, "B")], triggers: [{ event: "go" }] },
      async ({ step }) => {
        log.push("handler begins");
        await step.run("one", () => void log.push("body of one"));
        await step.sleep("nap", "30 days");
        log.push("handler goes on");
        return "done";
      },
    );
    return { log, client, fn };
  };

  test("a live run, parked by its sleep, and its cold replay", async () => {
    const { log, fn } = setUp();
    expect(log.splice(0)).toEqual(["A.onRegister client", "B.onRegister work"]);
    const engine = await start([fn]);
    await engine.send({ name: "go" });
    expect(log.splice(0)).toMatchSnapshot("live");
    await engine.advance("31 days");
    expect(log.splice(0)).toMatchSnapshot("cold replay");
    await engine.engine.stop();
  });

  test("errors of steps and of the handler", async () => {
    const log: string[] = [];
    const client = new Inngest({ id: "app", middleware: [modern(log, "A")] });
    const fn = client.createFunction(
      { id: "work", retries: 1, triggers: [{ event: "go" }] },
      async ({ step, attempt }) => {
        if (attempt === 0) throw new Error("first");
        await step
          .run("hopeless", () => {
            throw new Error("no");
          })
          .catch(() => {});
        throw new NonRetriableError("last");
      },
    );
    const engine = await start([fn]);
    await engine.send({ name: "go" });
    await engine.advance("1h");
    const told = log.filter((line) => /on(?:Run|Step)/.test(line));
    expect(told).toEqual([
      "A.onRunStart",
      "A.onRunError first final=false",
      "A.onStepStart hopeless",
      "A.onStepError hopeless no final=false",
      "A.onStepStart hopeless",
      "A.onStepError hopeless no final=true",
      "A.onRunError last final=true",
    ]);
    await engine.engine.stop();
  });

  test("step.sendEvent and client.send", async () => {
    const log: string[] = [];
    const client = new Inngest({ id: "app", middleware: [modern(log, "A")] });
    const fn = client.createFunction(
      { id: "work", middleware: [modern(log, "B")], triggers: [{ event: "go" }] },
      async ({ step }) => step.sendEvent("tell", { name: "told" }),
    );
    const engine = await start([fn]);
    log.length = 0;
    await client.send({ name: "go" });
    await engine.settle();
    expect(log.splice(0)).toEqual(["A.transformSendEvent go", "A.wrapSendEvent > client", "A.wrapSendEvent <"]);
    // its `ts` is of the real clock: the run above starts in this engine's future
    await engine.send({ name: "go" });
    expect(log.filter((line) => /tell|Send/.test(line))).toMatchSnapshot();
    const run = (await engine.runs()).find(({ journal }) => journal.length > 0);
    expect(run!.journal[0]).toMatchObject({ kind: "sendEvent", status: "completed" });
    expect(JSON.parse(run!.run.output!).ids).toHaveLength(1);
    await engine.engine.stop();
  });
});

describe("SDK v3's hooks", () => {
  test("a live run, parked by its sleep, and its cold replay", async () => {
    const log: string[] = [];
    const client = new Inngest({ id: "app", middleware: [legacy(log, "A")] });
    const fn = client.createFunction(
      { id: "work", middleware: [legacy(log, "B")] },
      { event: "go" },
      async ({ step }) => {
        log.push("handler begins");
        await step.run("one", () => "1");
        await step.sleep("nap", "30 days");
        await step.sendEvent("tell", { name: "told" });
        return "done";
      },
    );
    const engine = await start([fn]);
    expect(log).toEqual([]);
    await engine.send({ name: "go" });
    expect(log.splice(0)).toMatchSnapshot("live");
    await engine.advance("31 days");
    expect(log.splice(0)).toMatchSnapshot("cold replay");
    await client.send({ name: "other" });
    expect(log.splice(0)).toEqual(["A.send.transformInput other", "A.send.transformOutput"]);
    await engine.engine.stop();
  });
});
