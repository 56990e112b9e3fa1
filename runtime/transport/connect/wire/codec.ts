/** Protocol Buffers of a few plain messages: each is described by one constant, which gives its type as well. */
import protobuf from "protobufjs/minimal.js";

/** `int` has up to 32 bits; of `bytes` and `text` the length is that of the frame at most. */
type Scalar = "text" | "bytes" | "bool" | "int" | "long";

type Field = readonly [number: number, kind: Scalar | Shape] | readonly [number: number, kind: Scalar | Shape, "list"];

/** Number and kind of each field. A field that a frame does not have is empty, zero, false or null. */
export interface Shape {
  readonly [name: string]: Field;
}

type ValueOf<Kind> = Kind extends "text"
  ? string
  : Kind extends "bytes"
    ? Uint8Array
    : Kind extends "bool"
      ? boolean
      : Kind extends "int" | "long"
        ? number
        : Kind extends Shape
          ? Message<Kind> | null
          : never;

export type Message<S extends Shape> = {
  readonly [Name in keyof S]: S[Name] extends readonly [number, infer Kind, "list"]
    ? readonly NonNullable<ValueOf<Kind>>[]
    : ValueOf<S[Name][1]>;
};

/** What is left out is not written. */
export type Draft<S extends Shape> = {
  readonly [Name in keyof S]?: S[Name] extends readonly [number, infer Kind, "list"]
    ? readonly DraftOf<Kind>[]
    : DraftOf<S[Name][1]>;
};
type DraftOf<Kind> = Kind extends Shape ? Draft<Kind> : ValueOf<Kind>;

/** The bytes are no message of that shape. */
export class MalformedFrameError extends Error {
  override readonly name = "MalformedFrameError";
}

const noBytes = new Uint8Array(0);
const lengthDelimited = 2;
const varint = 0;

export function encode<S extends Shape>(shape: S, message: Draft<S>): Uint8Array {
  return write(protobuf.Writer.create(), shape, message).finish();
}

/** Fields that the shape does not have are skipped, as are those of another wire type. @throws MalformedFrameError */
export function decode<S extends Shape>(shape: S, bytes: Uint8Array): Message<S> {
  try {
    return read(protobuf.Reader.create(bytes), shape, bytes.length) as Message<S>;
  } catch (cause) {
    throw new MalformedFrameError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function write(writer: protobuf.Writer, shape: Shape, message: Readonly<Record<string, unknown>>): protobuf.Writer {
  for (const name of Object.keys(shape)) {
    const [number, kind, list] = shape[name]!;
    const value = message[name];
    if (value === undefined || value === null) continue;
    for (const each of list === "list" ? (value as readonly unknown[]) : [value]) {
      if (list === "list" || !isDefault(each)) writeField(writer, number, kind, each);
    }
  }
  return writer;
}

function writeField(writer: protobuf.Writer, number: number, kind: Scalar | Shape, value: unknown): void {
  const isVarint = kind === "bool" || kind === "int" || kind === "long";
  writer.uint32((number << 3) | (isVarint ? varint : lengthDelimited));
  switch (kind) {
    case "text":
      writer.string(value as string);
      break;
    case "bytes":
      writer.bytes(value as Uint8Array);
      break;
    case "bool":
      writer.bool(value as boolean);
      break;
    case "int":
      writer.uint32(value as number);
      break;
    case "long":
      writer.uint64(value as number);
      break;
    default:
      write(writer.fork(), kind, value as Readonly<Record<string, unknown>>).ldelim();
  }
}

function isDefault(value: unknown): boolean {
  return value === "" || value === 0 || value === false || (value instanceof Uint8Array && value.length === 0);
}

function read(reader: protobuf.Reader, shape: Shape, end: number): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const name of Object.keys(shape)) message[name] = emptyOf(shape[name]!);
  const byNumber = fieldsOf(shape);
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = byNumber.get(tag >>> 3);
    const kind = field?.[1][1];
    const expected = kind === "bool" || kind === "int" || kind === "long" ? varint : lengthDelimited;
    if (!field || kind === undefined || (tag & 7) !== expected) {
      reader.skipType(tag & 7);
      continue;
    }
    const value = readField(reader, kind, end);
    const [name, [, , list]] = field;
    if (list === "list") (message[name] as unknown[]).push(value);
    else message[name] = value;
  }
  if (reader.pos !== end) throw new RangeError("a field is longer than its message");
  return message;
}

/** Shapes are constants. */
const known = new WeakMap<Shape, ReadonlyMap<number, readonly [string, Field]>>();

function fieldsOf(shape: Shape): ReadonlyMap<number, readonly [string, Field]> {
  let fields = known.get(shape);
  if (!fields) {
    fields = new Map(Object.entries(shape).map(([name, field]) => [field[0], [name, field] as const]));
    known.set(shape, fields);
  }
  return fields;
}

function readField(reader: protobuf.Reader, kind: Scalar | Shape, end: number): unknown {
  switch (kind) {
    case "text":
      return reader.string();
    case "bytes":
      return reader.bytes();
    case "bool":
      return reader.bool();
    case "int":
      return reader.uint32();
    case "long":
      return Number(reader.uint64());
    default: {
      const length = reader.uint32();
      if (reader.pos + length > end) throw new RangeError("a field is longer than its message");
      return read(reader, kind, reader.pos + length);
    }
  }
}

function emptyOf([, kind, list]: Field): unknown {
  if (list === "list") return [];
  switch (kind) {
    case "text":
      return "";
    case "bytes":
      return noBytes;
    case "bool":
      return false;
    case "int":
    case "long":
      return 0;
    default:
      return null;
  }
}
