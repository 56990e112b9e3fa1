import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface ProjectSize {
  readonly functions: number;
  readonly events: number;
  /** Function files; the events are in one more, the client in another. */
  readonly files: number;
}

/**
 * Writes an application in the SDK's v3 form, so that the same text compiles with either package: a record of event types, a client,
 * and files of functions with a condition, steps, a wait, a sent event and a retry limit.
 */
export function writeProject(folder: string, size: ProjectSize, packageName: string, packageFolder: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("package.json", JSON.stringify({ name: "bench-project", private: true, type: "module" }));
  write(
    "tsconfig.json",
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        module: "nodenext",
        moduleResolution: "nodenext",
        strict: true,
        skipLibCheck: true,
        noEmit: true,
        types: [],
      },
      include: ["src"],
    }),
  );
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(packageFolder, join(folder, "node_modules", packageName));

  write("src/events.ts", eventsText(size.events));
  write("src/client.ts", clientText(packageName));
  const perFile = size.functions / size.files;
  for (let file = 0; file < size.files; file++) {
    const functions = Array.from({ length: perFile }, (_, i) => functionText(file * perFile + i, size.events));
    write(functionFile(file), `import { client } from "../client.js";\n\n${functions.join("\n")}`);
  }
}

/** A package of the same names without types: what an application costs `tsc` by itself. */
export function writeUntypedPackage(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "untyped", type: "module", types: "index.d.ts" }));
  writeFileSync(
    join(folder, "index.d.ts"),
    `export declare class EventSchemas {
  fromRecord<_Events>(): any;
}
export declare class Inngest {
  constructor(options: any);
  createFunction(options: any, trigger: any, handler: (context: any) => any): any;
}
`,
  );
}

export const functionFile = (file: number): string => `src/functions/group-${file}.ts`;

function eventsText(count: number): string {
  const events = Array.from(
    { length: count },
    (_, i) => `  "app/event-${i}": {
    data: { id: string; amount: number; tags: string[]; customer: { name: string; email: string; plan: "free" | "paid" }; at${i}?: string };
  };`,
  );
  return `export type Events = {\n${events.join("\n")}\n};\n`;
}

function clientText(packageName: string): string {
  return `import { EventSchemas, Inngest } from "${packageName}";

import type { Events } from "./events.js";

export const client = new Inngest({ id: "bench", schemas: new EventSchemas().fromRecord<Events>() });
`;
}

function functionText(index: number, events: number): string {
  const own = index % events;
  const next = (index + 1) % events;
  const other = (index + 7) % events;
  return `export const f${index} = client.createFunction(
  { id: "f-${index}", retries: ${index % 5} },
  { event: "app/event-${own}", if: "event.data.amount > ${index % 100}" },
  async ({ event, step }) => {
    const customer = await step.run("load", () => ({ name: event.data.customer.name, total: event.data.amount * 2 }));
    await step.sleep("pause", "${1 + (index % 9)}h");
    const reply = await step.waitForEvent("reply", { event: "app/event-${other}", match: "data.id", timeout: "1d" });
    await step.sendEvent("next", { name: "app/event-${next}", data: { ...event.data, amount: reply?.data.amount ?? customer.total } });
    return { name: customer.name, replied: reply !== null };
  },
);
`;
}
