// The conformance guest in C; see plugin.hcl in the parent directory.
#include "../../../sdk/c/vega.h"

// code adds an error's number as a detail, or "none".
static void code(const char *name, int32_t n) {
	char text[16];
	if (n >= 0) {
		vega_detail(name, "none");
		return;
	}
	vega_format(text, sizeof text, "%d", (int)n);
	vega_detail(name, text);
}

// value adds a text as a detail, or the error's number.
static void value(const char *name, const char *text, int32_t n) {
	if (n < 0) code(name, n);
	else vega_detail(name, text);
}

#define SHOW(name, ...)                                      \
	do {                                                     \
		vega_format(shown, sizeof shown, __VA_ARGS__);       \
		vega_detail(name, shown);                            \
	} while (0)

static char shown[4096], big[100001];

static const char *boolean(bool b) { return b ? "true" : "false"; }

static vega_status options(void) {
	char text[512], key[64], map[4096];
	vega_string("text", text, sizeof text);
	vega_detail("text", text);
	SHOW("long", "%d", (int)vega_string("long", NULL, 0));
	SHOW("number", "%d", (int)(vega_number("number") * 4));
	SHOW("whole", "%d", (int)vega_int("whole"));
	vega_detail("flag", boolean(vega_flag("flag")));
	SHOW("wait", "%lld", (long long)vega_int("wait") / 1000000);
	SHOW("size", "%lld", (long long)vega_int("size"));
	map[0] = 0;
	for (int32_t i = 0, n = vega_count("list"), at = 0; i < n; i++) {
		vega_element("list", i, text, sizeof text);
		at += vega_format(map + at, sizeof map - at, "%s%s", i > 0 ? "," : "", text);
	}
	vega_detail("list", map);
	for (int32_t i = 0, n = vega_count("map"), at = 0; i < n; i++) {
		vega_key("map", i, key, sizeof key);
		vega_value("map", key, text, sizeof text);
		at += vega_format(map + at, sizeof map - at, "%s%s=%s", i > 0 ? "," : "", key, text);
	}
	vega_detail("map", map);
	vega_string("usual", text, sizeof text);
	vega_detail("usual", text);
	vega_string("absent", text, sizeof text);
	SHOW("absent", "%s%s%d", boolean(vega_has("absent")), text, (int)vega_int("absent"));
	return vega_healthy("read");
}

// repeat fills big with n two-byte characters after the first text.
static const char *repeat(const char *first, const char *letter, int n) {
	int at = vega_format(big, sizeof big, "%s", first);
	for (; n > 0; n--) at += vega_format(big + at, sizeof big - at, "%s", letter);
	return big;
}

static vega_status results(void) {
	vega_detail("again", "first");
	vega_detail("again", "second");
	vega_detail(repeat("", "ä", 200), "a long name");
	vega_detail("long", repeat("x", "ö", 5000));
	vega_metric("one", 1.5, "ms");
	double zero = vega_number("none");
	vega_metric("nan", zero / zero, "");
	vega_metric("inf", 1 / zero, "");
	vega_log(VEGA_LOG_DEBUG, "a debug line");
	vega_log(VEGA_LOG_INFO, "an info line");
	vega_log(VEGA_LOG_WARN, "a warn line");
	vega_log(VEGA_LOG_ERROR, repeat("x", "ü", 5000));
	if (vega_deadline() > 0 && vega_now() > 1600000000000000000) vega_detail("clock", "runs");
	return vega_degraded("%s", repeat("x", "é", 3000));
}

static vega_status status(void) {
	switch (vega_int("status")) {
	case 0: return vega_healthy("it is healthy");
	case 1: return vega_degraded("it is degraded");
	case 2: return vega_unhealthy("it is unhealthy");
	default: return vega_unknown("it is unknown");
	}
}

static void facts(int32_t handle) {
	static const struct {
		const char *name;
		vega_tls_fact fact;
	} all[] = {{"tls", VEGA_TLS_VERSION}, {"subject", VEGA_TLS_SUBJECT}, {"issuer", VEGA_TLS_ISSUER}, {"not_after", VEGA_TLS_NOT_AFTER}, {"chain_ends", VEGA_TLS_CHAIN_NOT_AFTER}, {"chain_subject", VEGA_TLS_CHAIN_SUBJECT}};
	char text[1024];
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		int32_t n = vega_tls_info(handle, all[i].fact, text, sizeof text);
		value(all[i].name, text, n);
	}
	vega_detail("cipher", boolean(vega_tls_info(handle, VEGA_TLS_CIPHER, text, sizeof text) > 0));
	vega_tls_info(handle, VEGA_TLS_DNS_NAMES, text, sizeof text);
	for (char *c = text; *c != 0; c++) {
		if (*c == '\n') *c = ',';
	}
	vega_detail("names", text);
	code("verified", vega_tls_verify(handle, text, sizeof text));
	code("accepted", vega_tls_info(handle, VEGA_TLS_CLIENT, text, sizeof text));
}

static vega_status http(void) {
	static const char *const paths[] = {"method", "auth", "a.0", "a.1", "token", "body", "none", "odd\\.key", "list", "absent", "list.#"};
	char base[512], url[1024], text[1024], more[256];
	vega_string("url", base, sizeof base);
	vega_format(url, sizeof url, "%s/echo", base);
	vega_request r = vega_http("POST", url);
	vega_http_header(r, "X-A", "one");
	vega_http_header(r, "X-A", "two");
	vega_string("token", text, sizeof text);
	vega_http_header(r, "X-Token", text);
	vega_http_basic_auth(r, "ada", "s3cret");
	int32_t status = vega_http_send(r, "hello");
	if (status < 0) return vega_failed("the echo", status);
	SHOW("status", "%d", (int)status);
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		int32_t n = vega_json(r, paths[i], text, sizeof text);
		value(paths[i], text, n);
	}
	SHOW("count", "%d%d%d", (int)vega_json_count(r, "list"), (int)vega_json_count(r, "absent"), (int)vega_json_count(r, ""));
	SHOW("text", "%d", (int)vega_json(r, "text", text, sizeof text));
	vega_http_response_header(r, "X-Reply", text, sizeof text);
	vega_http_response_header(r, "X-None", more, sizeof more);
	SHOW("header", "%s%s", text, more);
	if (vega_http_timing(r, VEGA_PHASE_TOTAL) > 0 && vega_http_timing(r, VEGA_PHASE_FIRST_BYTE) > 0 && vega_http_timing(r, VEGA_PHASE_TLS) == 0) vega_detail("timing", "runs");
	code("no_tls", vega_tls_verify(r, text, sizeof text));
	vega_close(r);

	vega_format(url, sizeof url, "%s/long", base);
	int32_t n = r = vega_http_get(url, NULL);
	if (r > 0) {
		n = vega_read_all(r, big, sizeof big);
		SHOW("body_is", "%d%.5s", (int)n, big);
		vega_close(r);
	}
	code("long", n);
	n = r = vega_http_get(url, NULL);
	if (r > 0) {
		n = vega_read_all(r, text, 8);
		vega_detail("first", text);
		vega_close(r);
	}
	code("cut", n);
	r = vega_http("GET", url);
	vega_http_max_body(r, 10);
	n = vega_http_send(r, NULL);
	if (n > 0) {
		n = vega_read_all(r, big, sizeof big);
		vega_close(r);
	}
	code("max_body", n);
	char latin[512];
	vega_format(latin, sizeof latin, "%s/latin", base);
	r = vega_http("GET", latin);
	vega_http_utf8(r);
	vega_http_no_json(r);
	n = vega_http_send(r, NULL);
	if (n > 0) {
		n = vega_read_all(r, text, sizeof text);
		value("latin", text, n);
		n = vega_json(r, "x", text, sizeof text);
		vega_close(r);
	}
	code("unkept", n);
	n = r = vega_http_get(url, NULL);
	if (r > 0) {
		n = vega_json(r, "x", text, sizeof text);
		vega_close(r);
	}
	code("no_json", n);
	vega_format(url, sizeof url, "%s/away", base);
	r = vega_http("GET", url);
	vega_http_redirects(r, 0);
	status = vega_http_send(r, NULL);
	if (status > 0) {
		vega_http_response_header(r, "Location", text, sizeof text);
		SHOW("redirect", "%d%s", (int)status, text);
		vega_close(r);
	}
	r = vega_http_get(url, &status);
	if (r > 0) {
		SHOW("redirected", "%d", (int)status);
		vega_close(r);
	}
	code("bad_url", vega_http_get("http://[bad", NULL));
	vega_string("secure", url, sizeof url);
	r = vega_http_get(url, NULL);
	if (r < 0) return vega_failed("the secure server", r);
	facts(r);
	return vega_healthy("sent");
}

static vega_status network(void) {
	char address[256], line[64];
	vega_string("address", address, sizeof address);
	vega_conn c = vega_dial(VEGA_TCP, address);
	if (c < 0) return vega_failed("the server", c);
	code("write", vega_write_text(c, "one\ntwo\r\n"));
	int32_t n = vega_read_line(c, line, sizeof line);
	value("line1", line, n);
	n = vega_read_line(c, line, sizeof line);
	value("line2", line, n);
	vega_write_text(c, "STARTTLS\n");
	n = vega_read_line(c, line, sizeof line);
	value("ready", line, n);
	code("starttls", vega_tls_start(c, ""));
	vega_write_text(c, "three\n");
	n = vega_read_line(c, line, sizeof line);
	value("line3", line, n);
	vega_write_text(c, "LONG\n");
	code("long_line", vega_read_line(c, line, sizeof line));
	vega_close(c);

	c = vega_dial(VEGA_TCP, address);
	vega_write_text(c, "BYE\n");
	n = vega_read_line(c, line, sizeof line);
	value("bye", line, n);
	code("gone", vega_read_line(c, line, sizeof line));
	n = vega_read(c, line, 8);
	value("end", n == 0 ? "end" : "more", n);
	vega_close(c);
	code("closed", vega_read(c, line, 8));

	vega_string("secure", address, sizeof address);
	c = vega_dial(VEGA_TLS, address);
	if (c < 0) return vega_failed("the secure server", c);
	facts(c);
	vega_write_text(c, "four\n");
	n = vega_read_line(c, line, sizeof line);
	value("line4", line, n);
	vega_close(c);

	vega_string("datagram", address, sizeof address);
	c = vega_dial(VEGA_UDP, address);
	if (c < 0) return vega_failed("the datagram server", c);
	vega_write_text(c, "ping");
	n = vega_read(c, line, sizeof line - 1);
	vega_ends(line, sizeof line, n);
	value("udp", line, n);
	code("late", vega_read_within(c, 2000000, line, 8));
	return vega_healthy("talked");
}

static void report(const char *name, int32_t n) {
	char is[64], text[1024];
	vega_format(is, sizeof is, "%s_is", name);
	vega_status status = vega_failed_text("it", n, text, sizeof text);
	vega_detail(is, text);
	SHOW(name, "%d %d", (int)status, (int)n);
}

// failures provokes each error, the timeout last because it uses the remaining
// time.
static vega_status failures(void) {
	char text[512];
	vega_string("elsewhere", text, sizeof text);
	report("denied", vega_dial(VEGA_TCP, text));
	vega_string("refusing", text, sizeof text);
	report("refused", vega_dial(VEGA_TCP, text));
	vega_string("absent", text, sizeof text);
	report("dns", vega_http_get(text, NULL));
	vega_string("untrusted", text, sizeof text);
	report("tls", vega_http_get(text, NULL));
	vega_string("loop", text, sizeof text);
	report("io", vega_http_get(text, NULL));
	report("invalid", vega_match("(", ""));
	repeat("http://x/", "xx", 35000);
	report("too_large", vega_http_get(big, NULL));
	vega_conn held[17], c = 0;
	int n = 0;
	vega_string("silent", text, sizeof text);
	while (n < 17 && (c = vega_dial(VEGA_TCP, text)) > 0) held[n++] = c;
	report("quota", c);
	SHOW("held", "%d", n);
	for (int i = 0; i < n; i++) vega_close(held[i]);
	report("closed", vega_write_text(held[0], "x"));
	vega_string("resetting", text, sizeof text);
	c = vega_dial(VEGA_TCP, text);
	vega_write_text(c, "x");
	int32_t got = vega_read(c, text, 8);
	report("reset", got);
	vega_close(c);
	vega_string("silent", text, sizeof text);
	c = vega_dial(VEGA_TCP, text);
	report("timeout", vega_read(c, text, 8));
	return vega_unhealthy("all failed");
}

static vega_status dns(void) {
	static const char *const kinds[] = {"A", "MX", "TXT", "SRV", "NS"};
	char name[256], server[256], absent[300], answers[4096];
	vega_string("name", name, sizeof name);
	vega_string("server", server, sizeof server);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		int32_t n = vega_resolve(kinds[i], name, server, answers, sizeof answers);
		for (char *c = answers; *c != 0; c++) {
			if (*c == '\n') *c = ',';
		}
		value(kinds[i], answers, n);
	}
	vega_format(absent, sizeof absent, "absent.%s", name);
	code("absent", vega_resolve("A", absent, server, answers, sizeof answers));
	code("what", vega_resolve("WHAT", name, server, answers, sizeof answers));
	return vega_healthy("asked");
}

static vega_status sql(void) {
	char database[64], a[128], all[512];
	int at = 0;
	vega_string("database", database, sizeof database);
	vega_rows rows = vega_sql(database, "SELECT a, b FROM t ORDER BY a");
	if (rows < 0) return vega_failed("the database", rows);
	int32_t more;
	while ((more = vega_sql_next(rows)) == 1) {
		vega_sql_column(rows, 0, a, sizeof a);
		int32_t n = vega_sql_column(rows, 1, shown, 100);
		if (n < 0 || n > 99) vega_format(shown, sizeof shown, "%d", (int)n);
		at += vega_format(all + at, sizeof all - at, "%s%s %s", at > 0 ? "," : "", a, shown);
	}
	vega_detail("rows", all);
	code("end", more);
	code("column", vega_sql_column(rows, 9, a, sizeof a));
	vega_close(rows);
	code("closed", vega_sql_column(rows, 0, a, sizeof a));
	code("bad", vega_sql(database, "SELECT nothing"));
	return vega_healthy("queried");
}

static vega_status kv(void) {
	char text[64];
	int32_t n = vega_kv_get("seen", text, sizeof text);
	value("absent", text, n);
	code("set", vega_kv_set("seen", "a\0b", 3));
	n = vega_kv_get("seen", text, sizeof text);
	for (int32_t i = 0; i < n; i++) {
		if (text[i] == 0) text[i] = '0';
	}
	SHOW("got", "%d%s", (int)n, text);
	code("quota", vega_kv_set("much", big, 5000));
	code("again", vega_kv_set("seen", "c", 1));
	n = vega_kv_get("seen", text, sizeof text);
	value("now", text, n);
	vega_kv_set("seen", "", 0);
	n = vega_kv_get("seen", text, sizeof text);
	char why[256];
	vega_status unstored = vega_failed_text("it", n, why, sizeof why);
	code("deleted", n);
	SHOW("unstored", "%d %s", (int)unstored, why);
	return vega_healthy("kept");
}

static vega_status match(void) {
	static const char *const all[][3] = {{"yes", "^v\\d+$", "v12"}, {"no", "^v\\d+$", "w12"}, {"within", "b+", "abbc"}, {"bad", "(", ""}};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		int32_t n = vega_match(all[i][1], all[i][2]);
		value(all[i][0], boolean(n == 1), n);
	}
	char group[64];
	int32_t n = vega_match_group("(\\w+)@(\\w+)", "to ada@example", 2, group, sizeof group);
	value("group", group, n);
	code("no_group", vega_match_group("(x)?y", "y", 1, group, sizeof group));
	return vega_healthy("matched");
}

static vega_status icmp(void) {
	char host[256], text[64], name[16];
	vega_string("host", host, sizeof host);
	vega_echoes e = vega_echo(host, (vega_echo_options){.count = 2, .size = 16, .interval = 10000000, .wait = 1000000000});
	if (e < 0) return vega_failed("the host", e);
	vega_echo_from(e, -1, text, sizeof text);
	vega_detail("address", text);
	for (int32_t i = 0; i < 2; i++) {
		vega_echo_from(e, i, text, sizeof text);
		vega_format(name, sizeof name, "reply%d", (int)i);
		SHOW(name, "%s%d%s%s", boolean(vega_echo_reply(e, i, VEGA_ECHO_RTT) > 0 && vega_echo_reply(e, i, VEGA_ECHO_TTL) > 0), (int)vega_echo_reply(e, i, VEGA_ECHO_DUPLICATES), boolean(vega_echo_reply(e, i, VEGA_ECHO_ERROR) >= 0), text);
	}
	vega_echo_options one = {.count = 1, .size = 16, .wait = 1000000000};
	code("denied", vega_echo("192.0.2.9", one));
	one.count = 1000;
	code("too_many", vega_echo(host, one));
	return vega_healthy("pinged");
}

static vega_status websocket(void) {
	char base[512], url[600], text[64];
	int32_t status;
	vega_string("url", base, sizeof base);
	vega_format(url, sizeof url, "%s/talk", base);
	vega_websocket w = vega_http("GET", url);
	vega_http_header(w, "Sec-WebSocket-Protocol", "other, chat");
	status = vega_websocket_open(w);
	if (status != 101) return vega_failed("the server", status);
	vega_websocket_info(w, VEGA_WEBSOCKET_PROTOCOL, text, sizeof text);
	vega_detail("protocol", text);
	vega_http_response_header(w, "X-Reply", text, sizeof text);
	vega_detail("header", text);
	code("send", vega_websocket_send_text(w, "hello"));
	int32_t n = vega_websocket_receive(w, text, sizeof text);
	value("text", text, n);
	vega_websocket_info(w, VEGA_WEBSOCKET_KIND, text, sizeof text);
	vega_detail("kind", boolean(vega_equal(text, "binary")));
	code("bytes", vega_websocket_send(w, VEGA_BINARY, "a\0b", 3));
	char bytes[8], kind[8];
	n = vega_websocket_receive(w, bytes, sizeof bytes);
	if (n == 3 && bytes[1] == 0) bytes[1] = '0';
	vega_websocket_info(w, VEGA_WEBSOCKET_KIND, kind, sizeof kind);
	SHOW("binary", "%d%s%s", (int)n, bytes, boolean(vega_equal(kind, "binary")));
	vega_websocket_send_text(w, "long");
	vega_websocket_receive(w, text, sizeof text);
	SHOW("long", "%d", (int)vega_websocket_receive(w, big, sizeof big));
	vega_websocket_send_text(w, "bye");
	code("gone", vega_websocket_receive(w, text, sizeof text));
	vega_websocket_info(w, VEGA_WEBSOCKET_CLOSE_CODE, kind, sizeof kind);
	vega_websocket_info(w, VEGA_WEBSOCKET_CLOSE_REASON, text, sizeof text);
	SHOW("closed", "%s%s", kind, text);
	vega_close(w);
	vega_format(url, sizeof url, "%s/none", base);
	w = vega_websocket_connect(url, &status);
	if (w < 0) return vega_failed("the server", w);
	SHOW("refused", "%d", (int)status);
	vega_close(w);
	code("denied", vega_websocket_connect("ws://192.0.2.9/", NULL));
	return vega_healthy("talked");
}

static vega_status ssh(void) {
	char address[256], text[256], more[256];
	vega_string("address", address, sizeof address);
	vega_ssh s = vega_ssh_connect(address);
	if (s < 0) return vega_failed("the server", s);
	vega_ssh_info(s, VEGA_SSH_VERSION, text, sizeof text);
	vega_detail("version", text);
	vega_ssh_info(s, VEGA_SSH_KEY_TYPE, text, sizeof text);
	vega_ssh_info(s, VEGA_SSH_FINGERPRINT, more, sizeof more);
	SHOW("key", "%s %s", text, more);
	code("verified", vega_ssh_info(s, VEGA_SSH_VERIFIED, text, sizeof text));
	code("login", vega_ssh_info(s, VEGA_SSH_LOGIN, text, sizeof text));
	vega_ssh_info(s, VEGA_SSH_BANNER, text, sizeof text);
	vega_detail("banner", text);
	int32_t n = vega_ssh_run(s);
	if (n >= 0) {
		vega_read_all(s, text, sizeof text);
		vega_format(more, sizeof more, "%d%s", (int)n, text);
	}
	value("run", more, n);
	vega_ssh_info(s, VEGA_SSH_STDERR, text, sizeof text);
	vega_detail("stderr", text);
	vega_close(s);
	code("denied", vega_ssh_connect("192.0.2.9:22"));
	return vega_healthy("looked");
}

static vega_status sockets(void) {
	char path[256], line[64];
	vega_string("lines", path, sizeof path);
	vega_conn c = vega_dial(VEGA_UNIX, path);
	if (c < 0) return vega_failed("the socket", c);
	vega_write_text(c, "one\n");
	int32_t n = vega_read_line(c, line, sizeof line);
	value("line", line, n);
	vega_close(c);
	vega_string("web", path, sizeof path);
	vega_request r = vega_http("GET", "http://engine/latin");
	vega_http_unix(r, path);
	n = vega_http_send(r, NULL);
	if (n < 0) return vega_failed("the web socket", n);
	SHOW("status", "%d", (int)n);
	vega_close(r);
	r = vega_http("POST", "http://engine/");
	vega_http_unix(r, path);
	code("denied", vega_http_send(r, NULL));
	return vega_healthy("used");
}

static vega_status http2(void) {
	char url[512], base[512], text[128];
	vega_string("url", base, sizeof base);
	vega_format(url, sizeof url, "%s/trailers", base);
	vega_request r = vega_http("POST", url);
	vega_http_http2(r);
	int32_t n = vega_http_send_bytes(r, "a\0b", 3);
	if (n < 0) return vega_failed("the server", n);
	vega_http_response_trailer(r, "Grpc-Status", text, sizeof text);
	vega_detail("early", text);
	n = vega_read_all(r, text, sizeof text);
	value("body", text, n);
	vega_http_response_trailer(r, "Grpc-Status", text, sizeof text);
	vega_detail("trailer", text);
	vega_http_response_trailer(r, "X-None", text, sizeof text);
	vega_detail("none", text);
	vega_close(r);
	vega_string("first", base, sizeof base);
	vega_format(url, sizeof url, "%s/trailers", base);
	r = vega_http("POST", url);
	vega_http_http2(r);
	code("first", vega_http_send(r, NULL));
	return vega_healthy("framed");
}

VEGA_PROBES({"options", options}, {"results", results}, {"status", status}, {"http", http}, {"net", network}, {"errors", failures}, {"dns", dns}, {"sql", sql}, {"kv", kv}, {"match", match}, {"icmp", icmp}, {"websocket", websocket}, {"ssh", ssh}, {"unix", sockets}, {"http2", http2})
