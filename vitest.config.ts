import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^(stepwright|inngest)\/codegen$/, replacement: source("runtime/codegen.ts") },
      { find: /^(stepwright|inngest)\/testing$|^@inngest\/test$/, replacement: source("runtime/testing/index.ts") },
      { find: /^(stepwright|inngest)\/experimental$/, replacement: source("runtime/middleware/experimental.ts") },
      { find: /^(stepwright|inngest)$/, replacement: source("runtime/define/index.ts") },
    ],
  },
  test: {
    include: ["compiler/**/*.test.ts", "runtime/**/*.test.ts", "fixtures/apps/**/*.test.ts"],
    testTimeout: 30_000,
  },
});
