import { raw_close, raw_icmp_echo, raw_icmp_from, raw_icmp_reply } from "./abi";
import { at, size, utf8 } from "./bytes";
import { Failure, failure } from "./failure";
import { answered, room } from "./text";

/** Echo requests, as ping sends them: capability "icmp". */
export namespace icmp {
  /**
   * Begins echo requests to a host: one of 56 bytes, which waits for a second.
   *
   *   const e = icmp.echo("example.com").count(3).send();
   *   const error = e.error;
   *   if (error !== null) return failed("example.com", error);
   *   for (let i = 0; i < 3; i++) log.info(e.arrived(i) ? e.rtt(i).toString() : "no reply");
   */
  export function echo(host: string): Echo {
    return new Echo(host);
  }
}

/** Echo requests under construction. */
export class Echo {
  private n: i32 = 1;
  private bytes: i32 = 56;
  private hops: i32 = 0;
  private version: i32 = 0;
  private between: i64 = 200000000;
  private most: i64 = 1000000000;

  constructor(private host: string) {}

  /** Sets the number of requests. */
  count(n: i32): Echo {
    this.n = n;
    return this;
  }

  /** Sets the size of the payload in bytes. */
  size(bytes: i32): Echo {
    this.bytes = bytes;
    return this;
  }

  /** Sets the time to live, or hop limit; with 0 it is the system's default. */
  ttl(hops: i32): Echo {
    this.hops = hops;
    return this;
  }

  /** Asks an address of this family only: 4 or 6. */
  family(version: i32): Echo {
    this.version = version;
    return this;
  }

  /** Sets the nanoseconds from one request to the next. */
  interval(nanoseconds: i64): Echo {
    this.between = nanoseconds;
    return this;
  }

  /** Sets how many nanoseconds to wait for the reply to each request. */
  wait(nanoseconds: i64): Echo {
    this.most = nanoseconds;
    return this;
  }

  /** Sends the requests and returns when all replies have arrived or are late. */
  send(): Echoes {
    const h = utf8(this.host);
    return new Echoes(raw_icmp_echo(at(h), size(h), this.version, this.n, this.bytes, this.hops, this.between, this.most));
  }
}

/** What came back for echo requests, which are counted from 0, or an error. */
export class Echoes {
  public readonly error: Failure | null;

  constructor(private handle: i32) {
    this.error = failure(handle);
  }

  private fact(i: i32, what: i32): i64 {
    return raw_icmp_reply(this.handle, i, what);
  }

  /** Returns whether a reply arrived in time. */
  arrived(i: i32): bool {
    return this.fact(i, 0) >= 0;
  }

  /** Returns the nanoseconds to the reply, or 0. */
  rtt(i: i32): i64 {
    return max<i64>(this.fact(i, 0), 0);
  }

  /** Returns the time to live, or hop limit, of the reply, or 0. */
  ttl(i: i32): i32 {
    return <i32>max<i64>(this.fact(i, 1), 0);
  }

  /** Returns how many more replies to the same request arrived. */
  duplicates(i: i32): i32 {
    return <i32>max<i64>(this.fact(i, 2), 0);
  }

  /** Returns the ICMP error that came instead of a reply, as type<<8|code, or -1. */
  icmpError(i: i32): i32 {
    return <i32>max<i64>(this.fact(i, 3), -1);
  }

  /** Returns the address that the reply or the error came from, or "". With -1 it is the address that the requests went to. */
  from(i: i32): string {
    const buf = room(0); // an address is shorter
    return answered(buf, raw_icmp_from(this.handle, i, at(buf), size(buf))).text;
  }

  /** Frees the handle before the run ends. A run may have 16. */
  close(): void {
    raw_close(this.handle);
  }
}
