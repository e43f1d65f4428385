import { raw_deadline, raw_detail, raw_log, raw_message, raw_metric, raw_now } from "./abi";
import { at, clip, size, utf8 } from "./bytes";

/** Sets the one-line result, up to 1 KiB. Returning a Result does that. */
export function message(text: string): void {
  const b = clip(utf8(text), 1024);
  raw_message(at(b), size(b));
}

/** Adds evidence under a name; the same name replaces it. A run may add 64; with more it is unknown. Values are cut at 4 KiB. */
export function detail(name: string, value: string): void {
  const key = clip(utf8(name), 128);
  const b = clip(utf8(value), 4096);
  raw_detail(at(key), size(key), at(b), size(b));
}

/** Adds a measured value in a unit such as "ms". A run may add 64; with more it is unknown. Values that are not finite are ignored. */
export function metric(name: string, value: f64, unit: string = ""): void {
  if (!isFinite(value)) return;
  const key = clip(utf8(name), 128);
  const u = clip(utf8(unit), 128);
  raw_metric(at(key), size(key), value, at(u), size(u));
}

/** Adds a duration in nanoseconds as a metric in milliseconds. */
export function millis(name: string, nanoseconds: i64): void {
  metric(name, <f64>nanoseconds / 1e6, "ms");
}

/** Writes to vega's log, which keeps 64 lines of 1 KiB per run. */
export namespace log {
  function write(level: i32, line: string): void {
    const b = clip(utf8(line), 1024);
    raw_log(level, at(b), size(b));
  }
  export function debug(line: string): void {
    write(0, line);
  }
  export function info(line: string): void {
    write(1, line);
  }
  export function warn(line: string): void {
    write(2, line);
  }
  export function error(line: string): void {
    write(3, line);
  }
}

/** Returns the nanoseconds left for calls. */
export function deadline(): i64 {
  return raw_deadline();
}

/** Returns nanoseconds since 1970, UTC. */
export function now(): i64 {
  return raw_now();
}
