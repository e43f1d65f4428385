import { raw_error } from "./abi";
import { at, text } from "./bytes";

/** The kinds of failure. A later vega may have others; treat those as IO. */
export namespace Kind {
  /** No such option, key, path, header or record; SQL NULL. */
  export const NOT_SET: i32 = -1;
  /** Not granted; the text contains the line to paste. */
  export const DENIED: i32 = -2;
  /** The run's deadline passed while waiting. */
  export const TIMEOUT: i32 = -3;
  /** Connection refused. */
  export const REFUSED: i32 = -4;
  /** The name does not resolve. */
  export const DNS: i32 = -5;
  /** Handshake or verification failed. */
  export const TLS: i32 = -6;
  /** The peer closed or reset the connection. */
  export const RESET: i32 = -7;
  /** A result or argument over its limit. */
  export const TOO_LARGE: i32 = -8;
  /** A malformed argument, or a handle of another kind. */
  export const INVALID: i32 = -9;
  /** Too many handles, or the storage is full. */
  export const QUOTA: i32 = -10;
  /** No such open handle. */
  export const CLOSED: i32 = -11;
  /** The call was not made or can't be judged; the target may be well. */
  export const IO: i32 = -12;
  /** The target failed in a way that has no kind of its own. */
  export const TARGET: i32 = -13;
}

/** A failed call: its kind, and a sentence for the operator. */
export class Failure {
  constructor(
    /** One of Kind. */
    public readonly kind: i32,
    /** Contains no secrets. */
    public readonly text: string,
    /** Whether no run has stored the value yet, which says nothing about the target. */
    public readonly unstored: bool = false,
  ) {}
}

/** Returns the failure of a call that returned n, or null. */
export function failure(n: i64): Failure | null {
  if (n >= 0) return null;
  const buf = new ArrayBuffer(4096);
  const len = raw_error(at(buf), 4096);
  return new Failure(<i32>n, len < 0 ? "it failed" : text(buf, len));
}
