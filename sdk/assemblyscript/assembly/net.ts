import { raw_close, raw_dial, raw_tls_start, raw_write } from "./abi";
import { at, size, utf8 } from "./bytes";
import { Failure, failure, Kind } from "./failure";
import { read, readLine } from "./stream";
import { Bytes, Text } from "./text";
import { Tls } from "./tls";

/** What to dial. */
export enum Network {
  TCP,
  TLS,
  UDP,
}

/** Connections: capability "net". */
export namespace net {
  /**
   * Connects to host:port. TLS is made even where the certificate is bad, so
   * that it can be looked at: ask tls.verify. The host puts no secret into a
   * connection that is not verified.
   */
  export function dial(network: Network, address: string): Conn {
    const a = utf8(address);
    return new Conn(raw_dial(network, at(a), size(a)));
  }
}

/** A connection, or why there is none. */
export class Conn {
  public readonly error: Failure | null;

  constructor(private handle: i32) {
    this.error = failure(handle);
  }

  /** Reads what is there, at least a byte and at most that many; none at the end. */
  read(most: i32): Bytes {
    return read(this.handle, most);
  }

  /** Reads a line of at most limit bytes, without its ending. The end of the stream is RESET. */
  readLine(limit: i32): Text {
    return readLine(this.handle, limit);
  }

  /** Writes all of it. A secret must lie within one write. */
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
      if (n == 0) return new Failure(Kind.IO, "the connection takes no more");
      done += n;
    }
    return null;
  }

  /** Upgrades a TCP connection, as STARTTLS protocols do, for a server of that name; "" is the host that was dialled. */
  startTLS(name: string): Failure | null {
    const n = utf8(name);
    return failure(raw_tls_start(this.handle, at(n), size(n)));
  }

  get tls(): Tls {
    return new Tls(this.handle);
  }

  /** Gives the handle back before the run ends, of which there may be 16. */
  close(): void {
    raw_close(this.handle);
  }
}
