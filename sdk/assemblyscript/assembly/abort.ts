import { log, message } from "./report";

/**
 * Handles a failure that the program can't continue from: an index out of
 * range, an unexpected null, an assertion. It reports the reason in the message
 * and the log; the host then reports that the probe crashed. `vega plugin
 * build` uses it in place of an import that the host does not provide.
 */
export function abort(reason: string | null, file: string | null, line: u32, column: u32): void {
  let text = reason === null ? "it aborted" : reason;
  if (file !== null) text += " at " + file + ":" + line.toString() + ":" + column.toString();
  message(text);
  log.error(text);
  unreachable();
}
