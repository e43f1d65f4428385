// The conformance guest in AssemblyScript; see plugin.hcl in the parent
// directory.
import {
  Bytes, config, Conn, deadline, degraded, detail, failed, Failure, healthy, http as web, kv as storage, log, icmp as echoes, match as matching, matchGroup, MessageKind, metric, net as network, Network,
  now, Phase, probe, resolve, Result, sql as database, ssh as shell, Text, Tls, unhealthy, unknown,
} from "../../../../sdk/assemblyscript/assembly";
export { vega_run } from "../../../../sdk/assemblyscript/assembly";

probe("options", options);
probe("results", results);
probe("status", status);
probe("http", http);
probe("net", net);
probe("errors", errors);
probe("dns", dns);
probe("sql", sql);
probe("kv", kv);
probe("match", match);
probe("icmp", icmp);
probe("websocket", websocket);
probe("ssh", ssh);
probe("unix", unix);
probe("http2", http2);

/** Adds an error's number as a detail, or "none". */
function code(name: string, error: Failure | null): void {
  detail(name, error === null ? "none" : error.kind.toString());
}

/** Adds a text as a detail, or the error's number. */
function value(name: string, t: Text): void {
  const error = t.error;
  if (error !== null) code(name, error);
  else detail(name, t.text);
}

function options(): Result {
  detail("text", config.text("text"));
  detail("long", String.UTF8.byteLength(config.text("long")).toString());
  detail("number", (<i32>(config.number("number") * 4)).toString());
  detail("whole", config.integer("whole").toString());
  detail("flag", config.flag("flag").toString());
  detail("wait", (config.integer("wait") / 1000000).toString());
  detail("size", config.integer("size").toString());
  detail("list", config.list("list").join(","));
  const keys = config.keys("map");
  const entries: string[] = [];
  for (let i = 0; i < keys.length; i++) entries.push(keys[i] + "=" + config.entry("map", keys[i]));
  detail("map", entries.join(","));
  detail("usual", config.text("usual"));
  detail("absent", config.has("absent").toString() + config.text("absent") + config.integer("absent").toString());
  return healthy("read");
}

function results(): Result {
  detail("again", "first");
  detail("again", "second");
  detail("ä".repeat(200), "a long name");
  detail("long", "x" + "ö".repeat(5000));
  metric("one", 1.5, "ms");
  metric("nan", NaN);
  metric("inf", Infinity);
  log.debug("a debug line");
  log.info("an info line");
  log.warn("a warn line");
  log.error("x" + "ü".repeat(5000));
  if (deadline() > 0 && now() > 1600000000000000000) detail("clock", "runs");
  return degraded("x" + "é".repeat(3000));
}

function status(): Result {
  switch (<i32>config.integer("status")) {
    case 0:
      return healthy("it is healthy");
    case 1:
      return degraded("it is degraded");
    case 2:
      return unhealthy("it is unhealthy");
    default:
      return unknown("it is unknown");
  }
}

function facts(tls: Tls): void {
  detail("tls", tls.version);
  detail("cipher", (tls.cipher != "").toString());
  detail("subject", tls.subject);
  detail("issuer", tls.issuer);
  detail("not_after", tls.notAfter.toString());
  detail("names", tls.names.join(","));
  code("verified", tls.verify());
  detail("chain_ends", tls.chainEnds.toString());
  detail("chain_subject", tls.chainSubject);
  code("accepted", tls.accepted());
}

function http(): Result {
  const base = config.text("url");
  const echo = web.request("POST", base + "/echo").header("X-A", "one").header("X-A", "two").header("X-Token", config.text("token")).basicAuth("ada", "s3cret").body("hello").send();
  const error = echo.error;
  if (error !== null) return failed("the echo", error);
  detail("status", echo.status.toString());
  const paths = ["method", "auth", "a.0", "a.1", "token", "body", "none", "odd\\.key", "list", "absent", "list.#"];
  for (let i = 0; i < paths.length; i++) value(paths[i], echo.json(paths[i]));
  detail("count", echo.count("list").toString() + echo.count("absent").toString() + echo.count("").toString());
  detail("text", echo.json("text").text.length.toString());
  detail("header", echo.header("X-Reply") + echo.header("X-None"));
  if (echo.timing(Phase.TOTAL) > 0 && echo.timing(Phase.FIRST_BYTE) > 0 && echo.timing(Phase.TLS) == 0) detail("timing", "runs");
  code("no_tls", echo.tls.verify());
  echo.close();

  let answer = web.get(base + "/long").send();
  const body = answer.text(100001);
  detail("body_is", body.text.length.toString() + body.text.substring(0, 5));
  code("long", body.error);
  answer.close();
  answer = web.get(base + "/long").send();
  const first = answer.text(7);
  detail("first", first.text);
  code("cut", first.error);
  answer.close();
  answer = web.get(base + "/long").maxBody(10).send();
  code("max_body", answer.text(100).error);
  answer.close();
  answer = web.get(base + "/latin").utf8().noJSON().send();
  detail("latin", answer.text(100).text);
  code("unkept", answer.json("x").error);
  answer.close();
  answer = web.get(base + "/long").send();
  code("no_json", answer.json("x").error);
  answer.close();
  answer = web.get(base + "/away").redirects(0).send();
  detail("redirect", answer.status.toString() + answer.header("Location"));
  answer.close();
  answer = web.get(base + "/away").send();
  detail("redirected", answer.status.toString());
  answer.close();
  code("bad_url", web.get("http://[bad").send().error);
  const secure = web.get(config.text("secure")).send();
  const why = secure.error;
  if (why !== null) return failed("the secure server", why);
  facts(secure.tls);
  return healthy("sent");
}

function net(): Result {
  const address = config.text("address");
  let c = network.dial(Network.TCP, address);
  let error = c.error;
  if (error !== null) return failed("the server", error);
  code("write", c.writeText("one\ntwo\r\n"));
  value("line1", c.readLine(64));
  value("line2", c.readLine(64));
  c.writeText("STARTTLS\n");
  value("ready", c.readLine(64));
  code("starttls", c.startTLS(""));
  c.writeText("three\n");
  value("line3", c.readLine(64));
  c.writeText("LONG\n");
  code("long_line", c.readLine(64).error);
  c.close();

  c = network.dial(Network.TCP, address);
  c.writeText("BYE\n");
  value("bye", c.readLine(64));
  code("gone", c.readLine(64).error);
  const end = c.read(8);
  const why = end.error;
  if (why !== null) code("end", why);
  else detail("end", end.bytes.length == 0 ? "end" : "more");
  c.close();
  code("closed", c.read(8).error);

  c = network.dial(Network.TLS, config.text("secure"));
  error = c.error;
  if (error !== null) return failed("the secure server", error);
  facts(c.tls);
  c.writeText("four\n");
  value("line4", c.readLine(64));
  c.close();

  c = network.dial(Network.UDP, config.text("datagram"));
  error = c.error;
  if (error !== null) return failed("the datagram server", error);
  c.writeText("ping");
  detail("udp", c.read(64).text);
  code("late", c.readWithin(2000000, 8).error);
  return healthy("talked");
}

function report(name: string, error: Failure | null): void {
  if (error === null) {
    detail(name, "none");
    return;
  }
  const r = failed("it", error);
  detail(name + "_is", r.message);
  detail(name, (<i32>r.status).toString() + " " + error.kind.toString());
}

/** Provokes each error, the timeout last because it uses the remaining time. */
function errors(): Result {
  report("denied", network.dial(Network.TCP, config.text("elsewhere")).error);
  report("refused", network.dial(Network.TCP, config.text("refusing")).error);
  report("dns", web.get(config.text("absent")).send().error);
  report("tls", web.get(config.text("untrusted")).send().error);
  report("io", web.get(config.text("loop")).send().error);
  report("invalid", matching("(", "").error);
  report("too_large", web.get("http://x/" + "xx".repeat(35000)).send().error);
  const silent = config.text("silent");
  const held: Conn[] = [];
  let last: Failure | null = null;
  while (held.length < 17) {
    const c = network.dial(Network.TCP, silent);
    last = c.error;
    if (last !== null) break;
    held.push(c);
  }
  report("quota", last);
  detail("held", held.length.toString());
  for (let i = 0; i < held.length; i++) held[i].close();
  report("closed", held[0].writeText("x"));
  let c = network.dial(Network.TCP, config.text("resetting"));
  c.writeText("x");
  report("reset", c.read(8).error);
  c.close();
  c = network.dial(Network.TCP, silent);
  report("timeout", c.read(8).error);
  return unhealthy("all failed");
}

function dns(): Result {
  const name = config.text("name");
  const server = config.text("server");
  const kinds = ["A", "MX", "TXT", "SRV", "NS"];
  for (let i = 0; i < kinds.length; i++) {
    const found = resolve(kinds[i], name, server);
    if (found.error !== null) code(kinds[i], found.error);
    else detail(kinds[i], found.records.join(","));
  }
  code("absent", resolve("A", "absent." + name, server).error);
  code("what", resolve("WHAT", name, server).error);
  return healthy("asked");
}

function sql(): Result {
  const name = config.text("database");
  const rows = database.query(name, "SELECT a, b FROM t ORDER BY a");
  const error = rows.error;
  if (error !== null) return failed("the database", error);
  const all: string[] = [];
  while (rows.next()) {
    const b = rows.column(1);
    const why = b.error;
    let text = b.text.length > 99 ? b.text.length.toString() : b.text;
    if (why !== null) text = why.kind.toString();
    all.push(rows.column(0).text + " " + text);
  }
  detail("rows", all.join(","));
  code("end", rows.error);
  code("column", rows.column(9).error);
  rows.close();
  code("closed", rows.column(0).error);
  code("bad", database.query(name, "SELECT nothing").error);
  return healthy("queried");
}

function kept(name: string, b: Bytes): void {
  const error = b.error;
  if (error !== null) code(name, error);
  else detail(name, b.text);
}

function kv(): Result {
  kept("absent", storage.get("seen"));
  const some = new Uint8Array(3);
  some[0] = 97;
  some[2] = 98;
  code("set", storage.set("seen", some));
  const got = storage.get("seen");
  detail("got", got.bytes.length.toString() + got.text.replaceAll("\0", "0"));
  code("quota", storage.set("much", new Uint8Array(5000)));
  code("again", storage.setText("seen", "c"));
  kept("now", storage.get("seen"));
  storage.setText("seen", "");
  const none = storage.get("seen").error;
  if (none !== null) {
    code("deleted", none);
    const r = failed("it", none);
    detail("unstored", (<i32>r.status).toString() + " " + r.message);
  }
  return healthy("kept");
}

function match(): Result {
  const all = [["yes", "^v\\d+$", "v12"], ["no", "^v\\d+$", "w12"], ["within", "b+", "abbc"], ["bad", "(", ""]];
  for (let i = 0; i < all.length; i++) {
    const m = matching(all[i][1], all[i][2]);
    const error = m.error;
    if (error !== null) code(all[i][0], error);
    else detail(all[i][0], m.matches.toString());
  }
  value("group", matchGroup("(\\w+)@(\\w+)", "to ada@example", 2));
  code("no_group", matchGroup("(x)?y", "y", 1).error);
  return healthy("matched");
}

function icmp(): Result {
  const host = config.text("host");
  const e = echoes.echo(host).count(2).size(16).interval(10000000).send();
  const error = e.error;
  if (error !== null) return failed("the host", error);
  detail("address", e.from(-1));
  for (let i = 0; i < 2; i++) {
    const answered = e.arrived(i) && e.rtt(i) > 0 && e.ttl(i) > 0;
    detail("reply" + i.toString(), answered.toString() + e.duplicates(i).toString() + (e.icmpError(i) >= 0).toString() + e.from(i));
  }
  code("denied", echoes.echo("192.0.2.9").send().error);
  code("too_many", echoes.echo(host).count(1000).send().error);
  return healthy("pinged");
}

function websocket(): Result {
  const url = config.text("url");
  let w = web.get(url + "/talk").header("Sec-WebSocket-Protocol", "other, chat").upgrade();
  let error = w.error;
  if (error !== null) return failed("the server", error);
  detail("protocol", w.protocol);
  detail("header", w.header("X-Reply"));
  code("send", w.sendText("hello"));
  kept("text", w.receive());
  detail("kind", (w.kind == "binary").toString());
  const some = new Uint8Array(3);
  some[0] = 97;
  some[2] = 98;
  code("bytes", w.send(MessageKind.BINARY, some));
  const got = w.receive();
  detail("binary", got.bytes.length.toString() + got.text.replaceAll("\0", "0") + (w.kind == "binary").toString());
  w.sendText("long");
  detail("long", w.receive().bytes.length.toString());
  w.sendText("bye");
  code("gone", w.receive().error);
  detail("closed", w.closeCode.toString() + w.closeReason);
  w.close();
  w = web.get(url + "/none").upgrade();
  error = w.error;
  if (error !== null) return failed("the server", error);
  detail("refused", w.status.toString());
  w.close();
  code("denied", web.get("ws://192.0.2.9/").upgrade().error);
  return healthy("talked");
}

function ssh(): Result {
  const s = shell.connect(config.text("address"));
  const error = s.error;
  if (error !== null) return failed("the server", error);
  detail("version", s.version);
  detail("key", s.keyType + " " + s.fingerprint);
  code("verified", s.unverified.error);
  code("login", s.loggedOut.error);
  detail("banner", s.banner);
  const ran = s.run();
  if (ran !== null) code("run", ran);
  else detail("run", s.status.toString() + s.text(256).text);
  detail("stderr", s.stderr);
  s.close();
  code("denied", shell.connect("192.0.2.9:22").error);
  return healthy("looked");
}

function unix(): Result {
  const c = network.dial(Network.UNIX, config.text("lines"));
  const error = c.error;
  if (error !== null) return failed("the socket", error);
  c.writeText("one\n");
  value("line", c.readLine(64));
  c.close();
  const path = config.text("web");
  const answer = web.get("http://engine/latin").unix(path).send();
  const why = answer.error;
  if (why !== null) return failed("the web socket", why);
  detail("status", answer.status.toString());
  answer.close();
  code("denied", web.request("POST", "http://engine/").unix(path).send().error);
  return healthy("used");
}

function http2(): Result {
  const some = new Uint8Array(3);
  some[0] = 97;
  some[2] = 98;
  const answer = web.request("POST", config.text("url") + "/trailers").http2().bytes(some).send();
  const error = answer.error;
  if (error !== null) return failed("the server", error);
  detail("early", answer.trailer("Grpc-Status"));
  value("body", answer.text(100));
  detail("trailer", answer.trailer("Grpc-Status"));
  detail("none", answer.trailer("X-None"));
  answer.close();
  code("first", web.request("POST", config.text("first") + "/trailers").http2().send().error);
  return healthy("framed");
}
