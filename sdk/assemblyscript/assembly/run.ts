import { config } from "./config";
import { Result, Status } from "./result";
import { message } from "./report";

const names: string[] = [];
const runs: (() => Result)[] = [];

/** Registers a probe under its name in the manifest. Call it at the top of a file. */
export function probe(name: string, run: () => Result): void {
  names.push(name);
  runs.push(run);
}

/** The function that the host calls: export it from the plugin's assembly/index.ts. */
export function vega_run(index: i32): i32 {
  const name = config.text("@probe");
  for (let i = 0; i < names.length; i++) {
    if (names[i] != name) continue;
    const run = runs[i];
    const result = run();
    message(result.message);
    return result.status;
  }
  message('the plugin registers no probe "' + name + '", which its manifest declares: call probe("' + name + '", …)');
  return Status.UNKNOWN;
}
