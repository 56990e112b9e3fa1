import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageTypesPath } from "./package-types.js";

/** The names under which the package is known when nothing is installed to look at. */
const knownNames = ["stepwright", "inngest"];

/** The folders of our package that hold its code: a program inside the repository itself is not the package. */
const ownFolders = ["dist", "runtime", "compiler"];

/** Answers whether a module is this package, by whatever name the application imports it. */
export class OurPackage {
  private readonly packageNames = new Map<string, { name: string; folder: string } | null>();
  private readonly specifiers = new Map<string, number>();

  /** `resolved` is the file that the specifier leads to; null when it leads nowhere. */
  isOurs(specifier: string, resolved: string | null): boolean {
    const ours = this.judge(specifier, resolved);
    if (ours) {
      const name = packageOf(specifier);
      this.specifiers.set(name, (this.specifiers.get(name) ?? 0) + 1);
    }
    return ours;
  }

  /** Whether a file belongs to the package (or the SDK) itself. */
  isOwnFile(file: string): boolean {
    if (file === packageTypesPath) return true;
    if (!file.includes("stepwright") && !file.includes("/inngest/") && !ownFolders.some((f) => file.includes(`/${f}/`)))
      return false;
    const nearest = this.nearestPackage(dirname(file));
    if (!nearest || !knownNames.includes(nearest.name)) return false;
    if (nearest.name === "inngest") return file.includes("/node_modules/");
    return ownFolders.some((folder) => file.startsWith(`${nearest.folder}/${folder}/`));
  }

  /** The specifier that most imports use; null when there was none. */
  get specifier(): string | null {
    let best: string | null = null;
    for (const [name, count] of this.specifiers) {
      if (best === null || count > (this.specifiers.get(best) ?? 0)) best = name;
    }
    return best;
  }

  private judge(specifier: string, resolved: string | null): boolean {
    if (resolved !== null && this.isOwnFile(resolved)) return true;
    if (specifier.startsWith(".") || specifier.startsWith("/")) return false;
    if (!knownNames.includes(packageOf(specifier))) return false;
    // A stub of declarations is still meant as the package; a folder `src/inngest` behind a path mapping is not.
    return resolved === null || resolved.includes("/node_modules/") || /\.d\.[cm]?ts$/.test(resolved);
  }

  private nearestPackage(folder: string): { name: string; folder: string } | null {
    const known = this.packageNames.get(folder);
    if (known !== undefined) return known;
    const found = readPackageName(folder);
    const parent = dirname(folder);
    const result = found !== null ? { name: found, folder } : parent === folder ? null : this.nearestPackage(parent);
    this.packageNames.set(folder, result);
    return result;
  }
}

function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

function readPackageName(folder: string): string | null {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return null;
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    // `dist/package.json` with only `{ "type": "commonjs" }` is not the root of a package.
    return typeof parsed === "object" && parsed !== null && "name" in parsed && typeof parsed.name === "string"
      ? parsed.name
      : null;
  } catch {
    return null;
  }
}
