import { raw_tls_info } from "./abi";
import { at, size } from "./bytes";
import { Failure, Kind } from "./failure";
import { answered, room, Text } from "./text";

/** The negotiated TLS parameters and the peer's certificate. Without TLS, all are "". */
export class Tls {
  constructor(private handle: i32) {}

  private fact(what: i32): Text {
    let buf = room(0);
    let n = raw_tls_info(this.handle, what, at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_tls_info(this.handle, what, at(buf), size(buf));
    }
    return answered(buf, n);
  }

  /** Returns the protocol version, such as "TLS 1.3". */
  get version(): string {
    return this.fact(0).text;
  }
  get cipher(): string {
    return this.fact(1).text;
  }
  get subject(): string {
    return this.fact(2).text;
  }
  get issuer(): string {
    return this.fact(3).text;
  }

  /** Returns the expiry of the certificate, in seconds since 1970. */
  get notAfter(): i64 {
    const text = this.fact(4).text;
    return text == "" ? 0 : I64.parseInt(text, 10);
  }

  /** Returns when the peer is no longer trusted, in seconds since 1970: when the first certificate of its verified chain expires. */
  get chainEnds(): i64 {
    const text = this.fact(7).text;
    return text == "" ? this.notAfter : I64.parseInt(text, 10);
  }

  /** Returns the subject of the certificate that ends the chain, "" if that is the peer's own. */
  get chainSubject(): string {
    return this.fact(8).text;
  }

  /** Waits until the peer has accepted the handshake, if it asked for a client certificate. Returns why it refuses, or null. */
  accepted(): Failure | null {
    const why = this.fact(9).error;
    if (why === null) return null;
    return why.kind == Kind.TLS ? why : null; // other errors are an older host's
  }

  /** Returns the names that the certificate is valid for. */
  get names(): string[] {
    const text = this.fact(5).text;
    return text == "" ? [] : text.split("\n");
  }

  /** Returns why the peer is not trusted, or null if it is. */
  verify(): Failure | null {
    const why = this.fact(6);
    if (why.error !== null) return why.error;
    return why.text == "" ? null : new Failure(Kind.TLS, why.text);
  }
}
