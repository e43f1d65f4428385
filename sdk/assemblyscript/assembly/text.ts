import { at, ROOM, text } from "./bytes";
import { Failure, failure } from "./failure";

/** A text, or an error. */
export class Text {
  constructor(
    /** "" if there is an error. */
    public readonly text: string,
    public readonly error: Failure | null,
  ) {}
}

/** Bytes, or an error. */
export class Bytes {
  constructor(
    /** Empty if there is an error, and at the end of a stream. */
    public readonly bytes: Uint8Array,
    public readonly error: Failure | null,
  ) {}

  /** Returns the bytes as text. */
  get text(): string {
    return String.UTF8.decodeUnsafe(this.bytes.dataStart, <usize>this.bytes.length);
  }
}

export function noBytes(error: Failure | null): Bytes {
  return new Bytes(new Uint8Array(0), error);
}

/** Returns the first n bytes of buf as text, or the error if n is an errno. */
export function answered(buf: ArrayBuffer, n: i32): Text {
  return n < 0 ? new Text("", failure(n)) : new Text(text(buf, n), null);
}

/** Returns a new buffer for n bytes, at least ROOM. */
export function room(n: i32): ArrayBuffer {
  return new ArrayBuffer(max(n, ROOM));
}

/** Returns a copy of the first n bytes of buf. */
export function copied(buf: ArrayBuffer, n: i32): Bytes {
  const bytes = new Uint8Array(n);
  memory.copy(bytes.dataStart, at(buf), <usize>n);
  return new Bytes(bytes, null);
}
