import { raw_error } from "./abi";
import { at, text } from "./bytes";

/** Why a call failed. A later vega may have others; take those for IO. */
export namespace Kind {
  /** No such option, key, path, header or record; SQL NULL. */
  export const NOT_SET: i32 = -1;
  /** Not granted; the text has the line to paste. */
  export const DENIED: i32 = -2;
  /** The run's deadline came while waiting. */
  export const TIMEOUT: i32 = -3;
  /** Connection refused. */
  export const REFUSED: i32 = -4;
  /** The name does not resolve. */
  export const DNS: i32 = -5;
  /** Handshake or verification failed. */
  export const TLS: i32 = -6;
  /** The peer closed or reset the connection. */
  export const RESET: i32 = -7;
  /** An answer or an argument over its limit. */
  export const TOO_LARGE: i32 = -8;
  /** A malformed argument, or a handle of another kind. */
  export const INVALID: i32 = -9;
  /** Too many handles, or the storage is full. */
  export const QUOTA: i32 = -10;
  /** No such open handle. */
  export const CLOSED: i32 = -11;
  /** Anything else that went wrong outside. */
  export const IO: i32 = -12;
}

/** A call that failed: its kind, and a sentence for an operator. */
export class Failure {
  constructor(
    /** One of Kind. */
    public readonly kind: i32,
    /** Without secrets. */
    public readonly text: string,
  ) {}
}

/** The failure of a call that answered n, null if it did not fail. */
export function failure(n: i64): Failure | null {
  if (n >= 0) return null;
  const buf = new ArrayBuffer(4096);
  const len = raw_error(at(buf), 4096);
  return new Failure(<i32>n, len < 0 ? "it failed" : text(buf, len));
}
