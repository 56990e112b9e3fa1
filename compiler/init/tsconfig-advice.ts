import { readProjectConfig } from "../phases/1-source/project-config.js";

/** What a tsconfig that was there already needs for the new files; empty when it has it all. */
export function listTsconfigAdvice(folder: string, files: readonly string[]): string[] {
  const { fileNames, options, configPath } = readProjectConfig(folder, folder);
  if (configPath === null) return [];
  const outside = files.filter((file) => !fileNames.some((name) => name.endsWith(`/${file}`)));
  return [
    ...(outside.length > 0
      ? [`tsconfig.json: add ${outside.map((file) => `"${file}"`).join(", ")} to \`include\``]
      : []),
    ...(options.strict === true ? [] : ["tsconfig.json: set `strict`: without it the types of events are not checked"]),
  ];
}
