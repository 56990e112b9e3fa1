/** How source text looks on a terminal: tabs expanded, control characters made visible, columns counted in cells. */

const tabWidth = 4;

/** East Asian wide and fullwidth blocks, and the emoji blocks that terminals draw two cells wide. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26a1, 0x26a1],
  [0x2705, 0x2705],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x2753, 0x2757],
  [0x2795, 0x2797],
  [0x2b50, 0x2b50],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];

const zeroWidth = /^[\p{Mn}\p{Me}\u200b-\u200d\ufe0e\ufe0f]$/u;

/** Direction overrides would show the line in another order than it runs ("Trojan source"). */
const bidiControl = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Printable form of one line: no escape sequence from a source file or an event name reaches the terminal. */
export function makePrintable(text: string): string {
  return text
    .replace(bidiControl, "\ufffd")
    .replace(/[\u0000-\u0008\u000a-\u001f]/g, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)))
    .replace(/[\u007f-\u009f]/g, "\ufffd")
    .replace(/[\u2028\u2029]/g, "\u2424");
}

/** A printable line in which each UTF-16 offset of the original has a known cell. */
export interface TerminalLine {
  readonly text: string;
  /** `cells[i]` is the cell where offset `i` begins; one entry more than the line has units. */
  readonly cells: readonly number[];
}

/** Expands tabs and measures every character, so that an underline sits below what it means. */
export function layOutLine(source: string): TerminalLine {
  const printable = makePrintable(source);
  const cells: number[] = [];
  let text = "";
  let cell = 0;
  for (const character of printable) {
    for (let unit = 0; unit < character.length; unit++) cells.push(cell);
    if (character === "\t") {
      const width = tabWidth - (cell % tabWidth);
      text += " ".repeat(width);
      cell += width;
    } else {
      text += character;
      cell += measureCharacter(character);
    }
  }
  cells.push(cell);
  return { text, cells };
}

/** Cells that one code point takes. */
function measureCharacter(character: string): number {
  if (zeroWidth.test(character)) return 0;
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x1100) return 1;
  return wideRanges.some(([from, to]) => point >= from && point <= to) ? 2 : 1;
}
