// The plugin backlog; plugin.hcl describes it.
import { config, degraded, failed, healthy, http, Kind, metric, millis, Phase, probe, Result, unhealthy } from "../vega/assembly";
export { vega_run } from "../vega/assembly";

probe("queue", queue);

/**
 * Asks a service how many jobs are waiting, and judges the number. The message
 * is for the person on call: it says what is wrong, with what, and what to do.
 */
function queue(): Result {
  const url = config.text("url");
  const path = config.text("path");
  const answer = http.get(url).send();
  const error = answer.error;
  if (error !== null) return failed(url, error);
  millis("response_time", answer.timing(Phase.TOTAL));
  if (answer.status != 200) return unhealthy(url + " answered " + answer.status.toString() + ", expected 200; look into its log");

  const found = answer.json(path);
  const why = found.error;
  if (why !== null) {
    if (why.kind != Kind.NOT_SET && why.kind != Kind.INVALID) return failed(url, why); // the body was incomplete
    return unhealthy("the response of " + url + " has no " + path + "; correct path (" + why.text + ")");
  }
  const text = found.text;
  const waiting = I64.parseInt(text, 10);
  if (waiting.toString() != text) return unhealthy(path + " at " + url + ' is not a number: "' + text + '"; correct path');
  metric("waiting", <f64>waiting);
  const most = config.integer("max");
  if (waiting > most) {
    return degraded(text + " jobs are waiting at " + url + ", more than " + most.toString() + "; start more workers, or look into their log");
  }
  return healthy(text + " jobs are waiting at " + url);
}
