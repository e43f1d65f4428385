import { raw_close, raw_dial, raw_read_within, raw_tls_start, raw_write } from "./abi";
import { at, size, utf8 } from "./bytes";
import { Failure, failure, Kind } from "./failure";
import { read, readLine } from "./stream";
import { Bytes, copied, noBytes, Text } from "./text";
import { Tls } from "./tls";

/** The network to dial. */
export enum Network {
  TCP,
  TLS,
  UDP,
  /** A socket in the file system, whose path is the address: capability "unix". */
  UNIX,
}

/** Connections: capability "net". */
export namespace net {
  /**
   * Connects to host:port, or to the socket with a path. A TLS connection is established even if the
   * certificate is bad, so that it can be inspected: call tls.verify. The host
   * sends no secret over an unverified connection.
   */
  export function dial(network: Network, address: string): Conn {
    const a = utf8(address);
    return new Conn(raw_dial(network, at(a), size(a)));
  }
}

/** A connection, or an error. */
export class Conn {
  public readonly error: Failure | null;

  constructor(private handle: i32) {
    this.error = failure(handle);
  }

  /** Reads available data, at least one byte and up to the given number; returns none at the end. */
  read(most: i32): Bytes {
    return read(this.handle, most);
  }

  /**
   * Is like read, but waits for at most so many nanoseconds. After TIMEOUT the
   * connection can be used further, such as to send a lost datagram again.
   */
  readWithin(wait: i64, most: i32): Bytes {
    const buf = new ArrayBuffer(most);
    const n = raw_read_within(this.handle, wait, at(buf), size(buf));
    return n < 0 ? noBytes(failure(n)) : copied(buf, n);
  }

  /** Reads a line of at most limit bytes, without its line ending. The end of the stream is RESET. */
  readLine(limit: i32): Text {
    return readLine(this.handle, limit);
  }

  /** Writes all bytes. A secret needs secrets = "anywhere" in the grant, and must lie within one write. */
  write(bytes: Uint8Array): Failure | null {
    return this.send(bytes.dataStart, bytes.length);
  }

  writeText(text: string): Failure | null {
    const b = utf8(text);
    return this.send(at(b), b.byteLength);
  }

  private send(from: usize, len: i32): Failure | null {
    let done = 0;
    while (done < len) {
      const n = raw_write(this.handle, from + <usize>done, <u32>(len - done));
      if (n < 0) return failure(n);
      if (n == 0) return new Failure(Kind.IO, "the connection accepts no more data");
      done += n;
    }
    return null;
  }

  /** Upgrades a TCP connection, as in STARTTLS, to a server of the given name; "" means the dialled host. */
  startTLS(name: string): Failure | null {
    const n = utf8(name);
    return failure(raw_tls_start(this.handle, at(n), size(n)));
  }

  get tls(): Tls {
    return new Tls(this.handle);
  }

  /** Frees the handle before the run ends. A run may have 16. */
  close(): void {
    raw_close(this.handle);
  }
}
