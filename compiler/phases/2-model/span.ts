/**
 * A piece of source text. `file` is relative to the project root, with `/`, and begins with `../` for a workspace
 * package outside it. `start` and `end` are offsets (end excluded); lines and columns count from 1.
 */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}
