import { log, message } from "./tell";

/**
 * What the language calls where it can't go on: an index out of range, a null
 * that is none, an assertion. The reason goes into the message and the log; the
 * host then says that the probe crashed. `vega plugin build` puts it in place of
 * the import that the host does not have.
 */
export function abort(reason: string | null, file: string | null, line: u32, column: u32): void {
  let text = reason === null ? "it gave up" : reason;
  if (file !== null) text += " at " + file + ":" + line.toString() + ":" + column.toString();
  message(text);
  log.error(text);
  unreachable();
}
