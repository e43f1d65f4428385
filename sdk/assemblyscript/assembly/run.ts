import { config } from "./config";
import { Result, Status } from "./result";
import { message } from "./tell";

const names: string[] = [];
const runs: (() => Result)[] = [];

/** Registers a probe under the name that the manifest gives it. Call it at the top of a file. */
export function probe(name: string, run: () => Result): void {
  names.push(name);
  runs.push(run);
}

/** What the host calls: export it from the plugin's own assembly/index.ts. */
export function vega_run(index: i32): i32 {
  const name = config.text("@probe");
  for (let i = 0; i < names.length; i++) {
    if (names[i] != name) continue;
    const run = runs[i];
    const result = run();
    message(result.message);
    return result.status;
  }
  message('the plugin registers no probe "' + name + '", though its manifest names one: call probe("' + name + '", …)');
  return Status.UNKNOWN;
}
