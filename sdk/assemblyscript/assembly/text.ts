import { at, ROOM, text } from "./bytes";
import { Failure, failure } from "./failure";

/** A text that was asked for, or why there is none. */
export class Text {
  constructor(
    /** "" where there is an error. */
    public readonly text: string,
    public readonly error: Failure | null,
  ) {}
}

/** Bytes that were asked for, or why there are none. */
export class Bytes {
  constructor(
    /** Empty where there is an error, and at the end of a stream. */
    public readonly bytes: Uint8Array,
    public readonly error: Failure | null,
  ) {}

  /** The bytes as text. */
  get text(): string {
    return String.UTF8.decodeUnsafe(this.bytes.dataStart, <usize>this.bytes.length);
  }
}

export function noBytes(error: Failure | null): Bytes {
  return new Bytes(new Uint8Array(0), error);
}

/** What is in buf, of which a call said that n bytes of it are its answer. */
export function answered(buf: ArrayBuffer, n: i32): Text {
  return n < 0 ? new Text("", failure(n)) : new Text(text(buf, n), null);
}

/** A new buffer for an answer of that length, at least ROOM. */
export function room(n: i32): ArrayBuffer {
  return new ArrayBuffer(max(n, ROOM));
}

/** Copies what a stream or a value gave. */
export function copied(buf: ArrayBuffer, n: i32): Bytes {
  const bytes = new Uint8Array(n);
  memory.copy(bytes.dataStart, at(buf), <usize>n);
  return new Bytes(bytes, null);
}
