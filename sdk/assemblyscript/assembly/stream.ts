import { raw_read } from "./abi";
import { at, size } from "./bytes";
import { Failure, failure, Kind } from "./failure";
import { Bytes, copied, noBytes, Text } from "./text";

/** Reads available data, at least one byte and up to the given number; returns none at the end. */
export function read(handle: i32, most: i32): Bytes {
  const buf = new ArrayBuffer(most);
  const n = raw_read(handle, at(buf), size(buf));
  return n < 0 ? noBytes(failure(n)) : copied(buf, n);
}

/** Reads a stream to its end, or its first limit bytes. */
export function readAll(handle: i32, limit: i32): Text {
  const buf = new ArrayBuffer(limit);
  let done = 0;
  while (done < limit) {
    const n = raw_read(handle, at(buf) + <usize>done, <u32>(limit - done));
    if (n < 0) return new Text("", failure(n));
    if (n == 0) break;
    done += n;
  }
  return new Text(String.UTF8.decodeUnsafe(at(buf), <usize>done), null);
}

/** Reads a line byte by byte, so that what follows stays unread. */
export function readLine(handle: i32, limit: i32): Text {
  const buf = new ArrayBuffer(limit);
  const one = new ArrayBuffer(1);
  let n = 0;
  while (true) {
    const got = raw_read(handle, at(one), 1);
    if (got < 0) return new Text("", failure(got));
    if (got == 0) return new Text("", new Failure(Kind.RESET, "the peer closed the connection"));
    const byte = load<u8>(at(one));
    if (byte == 10) {
      if (n > 0 && load<u8>(at(buf) + <usize>n - 1) == 13) n--;
      return new Text(String.UTF8.decodeUnsafe(at(buf), <usize>n), null);
    }
    if (n == limit) return new Text("", new Failure(Kind.TOO_LARGE, "the peer sent a line that is too long"));
    store<u8>(at(buf) + <usize>n, byte);
    n++;
  }
}
