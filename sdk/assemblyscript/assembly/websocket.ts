import { raw_close, raw_http_response_header, raw_http_timing, raw_websocket_info, raw_websocket_receive, raw_websocket_send } from "./abi";
import { at, size, utf8 } from "./bytes";
import { Failure, failure } from "./failure";
import { answered, Bytes, copied, noBytes, room, Text } from "./text";
import { Tls } from "./tls";

/** The kinds of messages. */
export enum MessageKind {
  TEXT = 1,
  BINARY = 2,
}

/** A WebSocket, or an error, or the response of a server that does not upgrade the connection: its status is not 101. */
export class WebSocket {
  constructor(
    private handle: i32,
    /** 0 if there is an error. */
    public readonly status: i32,
    public readonly error: Failure | null,
  ) {}

  /** Sends one message. */
  send(kind: MessageKind, message: Uint8Array): Failure | null {
    return failure(raw_websocket_send(this.handle, kind, message.dataStart, <u32>message.length));
  }

  /** Sends one message of text. */
  sendText(message: string): Failure | null {
    return this.send(MessageKind.TEXT, Uint8Array.wrap(utf8(message)));
  }

  /** Waits for a message. A peer that closes the WebSocket is RESET. */
  receive(): Bytes {
    let buf = room(0);
    let n = raw_websocket_receive(this.handle, at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_websocket_receive(this.handle, at(buf), size(buf));
    }
    return n < 0 ? noBytes(failure(n)) : copied(buf, n);
  }

  private fact(what: i32): Text {
    let buf = room(0);
    let n = raw_websocket_info(this.handle, what, at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_websocket_info(this.handle, what, at(buf), size(buf));
    }
    return answered(buf, n);
  }

  /** Returns the subprotocol that the server chose, or "". */
  get protocol(): string {
    return this.fact(0).text;
  }

  /** Returns the kind of the last message, "text" or "binary", or "" before the first. */
  get kind(): string {
    return this.fact(1).text;
  }

  /** Returns the code with which the peer closed the WebSocket; 0 before. */
  get closeCode(): i32 {
    const code = this.fact(2).text;
    return code == "" ? 0 : <i32>I64.parseInt(code, 10);
  }

  /** Returns the reason that the peer gave for closing it. */
  get closeReason(): string {
    return this.fact(3).text;
  }

  /** Returns the value of a header of the answer, or "". */
  header(name: string): string {
    const k = utf8(name);
    let buf = room(0);
    let n = raw_http_response_header(this.handle, at(k), size(k), at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_http_response_header(this.handle, at(k), size(k), at(buf), size(buf));
    }
    return answered(buf, n).text;
  }

  /** Returns the duration of a Phase in nanoseconds, until the connection was upgraded. */
  timing(phase: i32): i64 {
    return max<i64>(raw_http_timing(this.handle, phase), 0);
  }

  get tls(): Tls {
    return new Tls(this.handle);
  }

  /** Closes the WebSocket before the run ends. A run may have 16 handles. */
  close(): void {
    raw_close(this.handle);
  }
}
