/**
 * The SDK for probes in AssemblyScript, for version 1 of vega's probe ABI.
 *
 *   import { config, failed, healthy, http, probe, Result, unhealthy } from "../vega/assembly";
 *   export { vega_run } from "../vega/assembly";
 *
 *   probe("orders", orders);
 *
 *   function orders(): Result {
 *     const url = config.text("url");
 *     const answer = http.get(url).send();
 *     const error = answer.error;
 *     if (error !== null) return failed(url, error);
 *     if (answer.status != 200) return unhealthy(url + " answered " + answer.status.toString());
 *     return healthy(url + " answers");
 *   }
 *
 * Calls that may fail return an object with an error, which is null on success.
 * Assign it to a variable, so that the compiler sees the check. Each run starts
 * with a fresh instance. The host closes what a run leaves open.
 */
export { abort } from "./abort";
export { config } from "./config";
export { Failure, Kind } from "./failure";
export { Bytes, Text } from "./text";
export { deadline, detail, log, metric, millis, now } from "./report";
export { degraded, failed, healthy, Result, Status, unhealthy, unknown } from "./result";
export { http, Phase, Request, Response } from "./http";
export { Echo, Echoes, icmp } from "./icmp";
export { Conn, net, Network } from "./net";
export { Ssh, ssh } from "./ssh";
export { Tls } from "./tls";
export { kv, match, Match, matchGroup, Records, resolve, Rows, sql } from "./ask";
export { probe, vega_run } from "./run";
export { MessageKind, WebSocket } from "./websocket";
