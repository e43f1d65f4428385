import { raw_close, raw_kv_get, raw_kv_set, raw_match, raw_match_group, raw_resolve, raw_sql_column, raw_sql_next, raw_sql_query } from "./abi";
import { at, size, utf8 } from "./bytes";
import { Failure, failure, Kind } from "./failure";
import { answered, Bytes, copied, noBytes, room, Text } from "./text";

/** Records of a name, or an error. */
export class Records {
  constructor(
    public readonly records: string[],
    public readonly error: Failure | null,
  ) {}
}

/**
 * DNS: capability "dns". Queries records of a type: A, AAAA, CNAME, MX, NS,
 * TXT, SOA, PTR, SRV or CAA. An empty server means vega's resolver. A name that
 * does not exist is DNS, one without such a record NOT_SET.
 */
export function resolve(type: string, name: string, server: string = ""): Records {
  const t = utf8(type);
  const n = utf8(name);
  const s = utf8(server);
  let buf = room(0);
  let len = raw_resolve(at(t), size(t), at(n), size(n), at(s), size(s), at(buf), size(buf));
  if (len > buf.byteLength) {
    buf = room(len);
    len = raw_resolve(at(t), size(t), at(n), size(n), at(s), size(s), at(buf), size(buf));
  }
  const text = answered(buf, len);
  return new Records(text.text == "" ? [] : text.text.split("\n"), text.error);
}

/** SQL: capability "sql". */
export namespace sql {
  /** Runs a read-only query on the database named by an option of type database. */
  export function query(database: string, query: string): Rows {
    const d = utf8(database);
    const q = utf8(query);
    return new Rows(raw_sql_query(at(d), size(d), at(q), size(q)));
  }
}

/** The result of a query, or an error. */
export class Rows {
  /** Also set if next fails before the last row. */
  public error: Failure | null;

  constructor(private handle: i32) {
    this.error = failure(handle);
  }

  /** Advances to the next row and returns whether there is one. */
  next(): bool {
    if (this.error !== null) return false;
    const n = raw_sql_next(this.handle);
    this.error = failure(n);
    return n == 1;
  }

  /** Returns a column of the current row as text; NULL is NOT_SET. */
  column(i: i32): Text {
    let buf = room(0);
    let n = raw_sql_column(this.handle, i, at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_sql_column(this.handle, i, at(buf), size(buf));
    }
    return answered(buf, n);
  }

  /** Frees the handle before the run ends. A run may have 16. */
  close(): void {
    raw_close(this.handle);
  }
}

/** Storage that outlives the run: capability "kv". */
export namespace kv {
  /** Returns the value stored under a key; NOT_SET if there is none, such as in the first run. */
  export function get(key: string): Bytes {
    const k = utf8(key);
    let buf = room(0);
    let n = raw_kv_get(at(k), size(k), at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_kv_get(at(k), size(k), at(buf), size(buf));
    }
    if (n >= 0) return copied(buf, n);
    const why = failure(n)!;
    return noBytes(new Failure(why.kind, why.text, why.kind == Kind.NOT_SET));
  }

  /** Stores bytes under a key; QUOTA if the storage is full. None deletes the key. */
  export function set(key: string, value: Uint8Array): Failure | null {
    const k = utf8(key);
    return failure(raw_kv_set(at(k), size(k), value.dataStart, <u32>value.length));
  }

  export function setText(key: string, value: string): Failure | null {
    return set(key, Uint8Array.wrap(utf8(value)));
  }
}

/** The result of a match, or an error. */
export class Match {
  constructor(
    public readonly matches: bool,
    public readonly error: Failure | null,
  ) {}
}

/** Matches a regular expression (RE2) anywhere in a text. An invalid pattern is INVALID. */
export function match(pattern: string, text: string): Match {
  const p = utf8(pattern);
  const t = utf8(text);
  const n = raw_match(at(p), size(p), at(t), size(t));
  return new Match(n == 1, failure(n));
}

/**
 * Returns the part of the text that a group of the RE2 pattern matches, in the
 * first match; group 0 is the whole match. Without one it is NOT_SET.
 */
export function matchGroup(pattern: string, text: string, group: i32): Text {
  const p = utf8(pattern);
  const t = utf8(text);
  let buf = room(0);
  let n = raw_match_group(at(p), size(p), at(t), size(t), group, at(buf), size(buf));
  if (n > buf.byteLength) {
    buf = room(n);
    n = raw_match_group(at(p), size(p), at(t), size(t), group, at(buf), size(buf));
  }
  return answered(buf, n);
}
