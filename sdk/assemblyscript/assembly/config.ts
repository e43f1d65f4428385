import { raw_config } from "./abi";
import { at, size, utf8 } from "./bytes";
import { answered, room } from "./text";

/**
 * Options of the integration. An option that is not set and has no default is
 * "", 0 or false; use has to tell the difference. The host has checked every
 * value against its type in the manifest. A path leads into lists and maps:
 * "headers.Accept", "urls.0".
 */
export namespace config {
  /** Returns whether the option is set or has a default. */
  export function has(option: string): bool {
    const path = utf8(option);
    return raw_config(at(path), size(path), 0, 0) >= 0;
  }

  /**
   * Returns the option's text. A value from env() or file() is a placeholder of
   * the same length: the host replaces it where it is sent as a whole, in a
   * header, basic auth or the configured URL.
   */
  export function text(option: string): string {
    const path = utf8(option);
    let buf = room(0);
    let n = raw_config(at(path), size(path), at(buf), size(buf));
    if (n > buf.byteLength) {
      buf = room(n);
      n = raw_config(at(path), size(path), at(buf), size(buf));
    }
    return answered(buf, n).text;
  }

  /** Returns the value of a number option. */
  export function number(option: string): f64 {
    const value = text(option);
    return value == "" ? 0 : F64.parseFloat(value);
  }

  /** Returns a whole number: a number option, the nanoseconds of a duration or the bytes of a size. */
  export function integer(option: string): i64 {
    const value = text(option);
    if (value == "") return 0;
    return value.includes(".") || value.includes("e") ? <i64>F64.parseFloat(value) : I64.parseInt(value, 10);
  }

  /** Returns the value of a bool option. */
  export function flag(option: string): bool {
    return text(option) == "true";
  }

  /** Returns the elements of a list option. */
  export function list(option: string): string[] {
    const all: string[] = [];
    for (let i: i64 = 0, n = integer(option + ".#"); i < n; i++) all.push(text(option + "." + i.toString()));
    return all;
  }

  /** Returns the keys of a map option in order; entry returns the value of one. */
  export function keys(option: string): string[] {
    const all: string[] = [];
    for (let i: i64 = 0, n = integer(option + ".#"); i < n; i++) all.push(text(option + ".@" + i.toString()));
    return all;
  }

  export function entry(option: string, key: string): string {
    return text(option + "." + escaped(key));
  }

  /** Escapes a key for use in a path. */
  export function escaped(key: string): string {
    let out = "";
    for (let i = 0; i < key.length; i++) {
      const c = key.charAt(i);
      if (c == "." || c == "\\" || (i == 0 && (c == "#" || c == "@"))) out += "\\";
      out += c;
    }
    return out;
  }
}
