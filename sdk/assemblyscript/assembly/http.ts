import { raw_close, raw_http_basic_auth, raw_http_header, raw_http_option, raw_http_request, raw_http_response_header, raw_http_response_trailer, raw_http_send, raw_http_timing, raw_http_unix, raw_json, raw_websocket_open } from "./abi";
import { at, size, utf8 } from "./bytes";
import { Failure, failure } from "./failure";
import { read, readAll } from "./stream";
import { answered, Bytes, room, Text } from "./text";
import { Tls } from "./tls";
import { WebSocket } from "./websocket";

/** HTTP: capability "http". */
export namespace http {
  /** Begins a GET request. The certificate of an https server is always verified, and up to 10 redirects are followed. */
  export function get(url: string): Request {
    return new Request("GET", url);
  }

  /** Begins a request. */
  export function request(method: string, url: string): Request {
    return new Request(method, url);
  }
}

/** The timed phases of an exchange. */
export enum Phase {
  DNS,
  CONNECT,
  TLS,
  FIRST_BYTE,
  TOTAL,
}

/** A request under construction. Its first error becomes that of the response. */
export class Request {
  private handle: i32;
  private content: ArrayBuffer = new ArrayBuffer(0);
  private error: Failure | null = null;

  constructor(method: string, url: string) {
    const m = utf8(method);
    const u = utf8(url);
    this.handle = raw_http_request(at(m), size(m), at(u), size(u));
    this.check(this.handle);
  }

  private check(n: i32): void {
    if (n < 0 && this.error === null) this.error = failure(n);
  }

  /** Adds a header. A secret is its whole value, alone or after one word such as Bearer; elsewhere the request is DENIED. */
  header(name: string, value: string): Request {
    const k = utf8(name);
    const v = utf8(value);
    if (this.error === null) this.check(raw_http_header(this.handle, at(k), size(k), at(v), size(v)));
    return this;
  }

  /** Adds basic authentication. */
  basicAuth(user: string, password: string): Request {
    const k = utf8(user);
    const v = utf8(password);
    if (this.error === null) this.check(raw_http_basic_auth(this.handle, at(k), size(k), at(v), size(v)));
    return this;
  }

  /** Sets how many redirects to follow; with 0, the redirect is the response. */
  redirects(n: i32): Request {
    if (this.error === null) this.check(raw_http_option(this.handle, 0, n));
    return this;
  }

  /** Sets the maximum size of the response body in bytes: 1 MiB by default, at most 8 MiB. */
  maxBody(bytes: i32): Request {
    if (this.error === null) this.check(raw_http_option(this.handle, 1, bytes));
    return this;
  }

  /** Has the response body converted to UTF-8, by its byte order mark, its Content-Type or the head of the HTML. */
  utf8(): Request {
    raw_http_option(this.handle, 2, 1); // an older host does not know it
    return this;
  }

  /** Says that json will not be called for the response, so that the host does not keep the body once it was read. */
  noJSON(): Request {
    raw_http_option(this.handle, 3, 1); // an older host does not know it
    return this;
  }

  /** Has the request sent over HTTP/2 only, to an http: URL without TLS. */
  http2(): Request {
    if (this.error === null) this.check(raw_http_option(this.handle, 4, 1));
    return this;
  }

  /**
   * Capability "unix". Has the request, with an http: URL, sent over the socket
   * in the file system with this path. The host of the URL is then only the
   * Host header:
   *
   *   http.get("http://localhost/containers/json").unix("/run/docker.sock").send()
   */
  unix(path: string): Request {
    const p = utf8(path);
    if (this.error === null) this.check(raw_http_unix(this.handle, at(p), size(p)));
    return this;
  }

  /** Sets the body. */
  body(text: string): Request {
    this.content = utf8(text);
    return this;
  }

  /** Sets a body that is not text. */
  bytes(body: Uint8Array): Request {
    this.content = body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength);
    return this;
  }

  /** Sends the request and returns when the response headers have arrived. */
  send(): Response {
    let status = 0;
    if (this.error === null) {
      status = raw_http_send(this.handle, at(this.content), size(this.content));
      this.check(status);
    }
    if (this.error !== null) raw_close(this.handle); // free the handle of a failed request
    return new Response(this.handle, max(status, 0), this.error);
  }

  /**
   * Capability "websocket". Sends the request, whose URL begins with ws: or
   * wss:, and opens a WebSocket:
   *
   *   const w = http.get(url).upgrade();
   *   const error = w.error;
   *   if (error !== null) return failed(url, error);
   *   if (w.status != 101) return unhealthy(url + " answers with " + w.status.toString() + " and opens no WebSocket");
   *   w.sendText("ping");
   */
  upgrade(): WebSocket {
    let status = 0;
    if (this.error === null) {
      status = raw_websocket_open(this.handle);
      this.check(status);
    }
    if (this.error !== null) raw_close(this.handle); // free the handle of a failed request
    return new WebSocket(this.handle, max(status, 0), this.error);
  }
}

/** A response, or an error. */
export class Response {
  constructor(
    private handle: i32,
    /** 0 if there is an error. */
    public readonly status: i32,
    public readonly error: Failure | null,
  ) {}

  /** Returns the value of a header, or "". If it occurs several times, "NAME:1" is the second value. ":url" is where redirects led. */
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

  /** Returns the value of a trailer, or "". Trailers follow the body: read it to its end before. */
  trailer(name: string): string {
    const k = utf8(name);
    let buf = room(0);
    let n = raw_http_response_trailer(this.handle, at(k), size(k), at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_http_response_trailer(this.handle, at(k), size(k), at(buf), size(buf));
    }
    return answered(buf, n).text;
  }

  /**
   * Returns the value at a path of the body's JSON, such as
   * "data.items.0.name": text as it is, numbers as written, lists and objects
   * as JSON. A path that does not exist is NOT_SET, a body that is not JSON
   * INVALID.
   */
  json(path: string): Text {
    const p = utf8(path);
    let buf = room(0);
    let n = raw_json(this.handle, at(p), size(p), at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_json(this.handle, at(p), size(p), at(buf), size(buf));
    }
    return answered(buf, n);
  }

  /** Returns the number of elements in the list or object at a path, or 0. */
  count(path: string): i32 {
    const n = this.json(path == "" ? "#" : path + ".#");
    return n.error !== null ? 0 : <i32>I64.parseInt(n.text, 10);
  }

  /** Returns the duration of a phase in nanoseconds, summed over redirects. */
  timing(phase: Phase): i64 {
    return max<i64>(raw_http_timing(this.handle, phase), 0);
  }

  /** Reads some of the body, up to the given number of bytes; returns none at the end. */
  read(most: i32): Bytes {
    return read(this.handle, most);
  }

  /** Returns the body, or its first limit bytes. */
  text(limit: i32): Text {
    return readAll(this.handle, limit);
  }

  get tls(): Tls {
    return new Tls(this.handle);
  }

  /** Frees the handle before the run ends. A run may have 16. */
  close(): void {
    raw_close(this.handle);
  }
}
