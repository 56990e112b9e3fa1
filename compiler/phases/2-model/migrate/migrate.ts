import type { Source } from "../../1-source/open-source.js";
import { readDefinitions } from "../build-model.js";
import { editImports } from "./edit-imports.js";
import { applyEdits } from "../../../edits/text-edit.js";
import { FileEdits } from "./file-edits.js";
import { findLeftForms } from "./find-left-forms.js";
import { migrateDefinitions } from "./migrate-definitions.js";
import { migrateEventSchemas } from "./migrate-event-schemas.js";
import { migrateEventUses } from "./migrate-event-uses.js";
import { migrateInvokes } from "./migrate-invokes.js";
import { migrateServe } from "./migrate-serve.js";
import { type LeftForm, startMigrating } from "./migrating.js";
import { renderDiff } from "../../../edits/unified-diff.js";

export interface MigratedFile {
  /** Absolute. */
  readonly fileName: string;
  readonly text: string;
  /** Unified, with paths relative to the root. */
  readonly diff: string;
}

export interface Migration {
  /** Only those that change, by path. */
  readonly files: readonly MigratedFile[];
  /** What could not be rewritten, by place. */
  readonly left: readonly LeftForm[];
  /** How many definitions there are, whatever their form. */
  readonly definitions: number;
}

/**
 * What an application in the forms of SDK v3 looks like in those of v4. Writes nothing. What is v4 already stays as it
 * is, so that doing it twice is doing it once.
 */
export function migrate(source: Source): Migration {
  const edits = new FileEdits();
  const left: LeftForm[] = [];
  const reading = readDefinitions(source);
  const migrating = startMigrating(reading, edits, left);
  // Triggers move as they are by then: names of events in them are replaced first.
  migrateEventUses(migrating, migrateEventSchemas(migrating));
  migrateDefinitions(migrating);
  migrateInvokes(migrating);
  migrateServe(migrating);
  findLeftForms(migrating);
  editImports(edits);
  const files = edits.files.map((file) => {
    const changes = edits.editsOf(file);
    return {
      fileName: file.fileName,
      text: applyEdits(file.text, changes),
      diff: renderDiff(source.pathOf(file), file.text, changes),
    };
  });
  return {
    files: files.filter(({ diff }) => diff !== "").sort((a, b) => (a.fileName < b.fileName ? -1 : 1)),
    left: left.sort((a, b) =>
      a.span.file === b.span.file ? a.span.start - b.span.start : a.span.file < b.span.file ? -1 : 1,
    ),
    definitions: reading.functionsAt.size,
  };
}
