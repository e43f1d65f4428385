//go:build !wasip1

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"vega/plugins/core/fixtures"
	"vega/sdk/abi"
)

// raw serves each connection with a response as it is written.
func raw(t *testing.T, response string, after func(net.Conn)) string {
	return "http://" + fixtures.Listen(t, func(c net.Conn) {
		b := make([]byte, 4096)
		_, _ = c.Read(b)
		_, _ = io.WriteString(c, response)
		if after != nil {
			after(c)
		}
	})
}

// hold waits until the client closes.
func hold(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// flood sends without end, until the client closes.
func flood(c net.Conn) {
	for b := make([]byte, 16<<10); ; {
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// serve serves a body with a type.
func serve(t *testing.T, contentType, text string) string {
	return server(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, text)
	}))
}

// A response that is cut off is not healthy, whatever is expected of it.
func TestBodyThatIsCutOff(t *testing.T) {
	short := raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nall is well", nil)
	chunked := raw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nall is well\r\n", nil)
	json := raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\": 1}", nil)
	large := raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n"+strings.Repeat("x", 800_000), nil)
	const says = "of the body, before its end"
	runRows(t, "http", []row{
		{name: "length", options: options{"url": short}, status: abi.Unhealthy, says: "closed the connection after 11 bytes " + says},
		{name: "chunks", options: options{"url": chunked}, status: abi.Unhealthy, says: says},
		{name: "large", options: options{"url": large}, status: abi.Unhealthy, says: "after 800000 bytes " + says},
		{name: "the text was there", options: options{"url": short, "expect_body": "well"}, status: abi.Unhealthy, says: says},
		{name: "the text was not", options: options{"url": chunked, "expect_body": "green"}, status: abi.Unhealthy, says: says},
		{name: "expression", options: options{"url": chunked, "expect_regex": "well$"}, status: abi.Unhealthy, says: says},
		{name: "rejected text", options: options{"url": short, "reject_body": "error"}, status: abi.Unhealthy, says: says},
		{name: "JSON", options: options{"url": json, "expect_json": options{"a": 1}}, status: abi.Unhealthy, says: "closed the connection"},
		{name: "wrong status first", options: options{"url": short, "expect_status": []int{201}}, status: abi.Unhealthy, says: "answered 200, expected 201"},
	})
}

// A body that does not end has an answer, too.
func TestBodyWithoutEnd(t *testing.T) {
	const events = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ready\n\n"
	quiet := func(head string) string { return raw(t, head, hold) }
	plain := strings.Replace(events, "event-stream", "plain", 1)
	runRows(t, "http", []row{
		{name: "events", options: options{"url": quiet(events)}, says: "answered 200"},
		{name: "text among events", options: options{"url": quiet(events), "expect_body": "ready"}, says: "answered 200"},
		{name: "expression among events", options: options{"url": quiet(events), "expect_regex": "data: re.dy"}, says: "answered 200"},
		{name: "word among events", options: options{"url": quiet(events), "expect_regex": `\bready\b`}, says: "answered 200"},
		{name: "line among events", options: options{"url": quiet(events), "expect_regex": `(?m)^data: ready$`}, says: "answered 200"},
		{name: "end of a stream", options: options{"url": quiet(events), "expect_regex": `ready\n\n$`}, config: soon(), status: abi.Unhealthy, says: "did not end in time"},
		{name: "not among events", options: options{"url": quiet(events), "expect_body": "green"}, config: soon(), status: abi.Unhealthy, says: "the body did not end in time"},
		{name: "hung", options: options{"url": quiet(plain)}, config: soon(), status: abi.Unhealthy, says: "sent its headers and 13 bytes, but the body did not end in time"},
		{name: "hung after the text", options: options{"url": quiet(plain), "expect_body": "ready"}, config: soon(), says: "came, but the body did not end"},
		{name: "radio", options: options{"url": quiet("HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\nabc")}, says: "answered 200"},
		{name: "endless", options: options{"url": raw(t, plain, flood)}, status: abi.Unknown, says: "goes on after 8 MiB, so vega can't tell whether it is complete"},
		{name: "a large file", options: options{"url": raw(t, strings.Replace(plain, "Content-Type", "Content-Length: 9000000\r\nContent-Type", 1), flood)}, says: "of its body, the first 1 MiB was read"},
		{name: "a large page", options: options{"url": serve(t, "text/html", strings.Repeat("x", 3<<20))}, says: "answered 200"},
		{name: "endless, with a limit", options: options{"url": raw(t, plain, flood), "max_body_size": 1 << 20}, status: abi.Unhealthy, says: "a body of more than 1048576 bytes, more than max_body_size = 1MiB"},
		{name: "endless, with a text", options: options{"url": raw(t, plain, flood), "expect_body": "green"}, status: abi.Unknown, says: `is longer than 1 MiB, the part that vega searches, which does not contain "green" (expect_body)`},
		{name: "endless, with the text", options: options{"url": raw(t, plain, flood), "expect_body": "ready"}, says: "came, but the body did not end"},
		{name: "endless, nothing rejected", options: options{"url": raw(t, plain, flood), "reject_body": "error"}, status: abi.Unknown, says: "longer than 1 MiB"},
		{name: "endless, rejected", options: options{"url": raw(t, plain, flood), "reject_body": "ready"}, status: abi.Unhealthy, says: `contains what reject_body rejects: "ready"`},
	})
}

// An expression that asks for the end of something is not decided before that
// is there.
func TestDecidable(t *testing.T) {
	for _, r := range []struct {
		expression, text string
		want             int
	}{
		{"ok", "ok", 2},
		{"ok$", "ok", 0},
		{`ok\z`, "ok\n", 0},
		{`\bok\b`, "ok", 0},
		{`\bok\b`, "x\nok", 1},
		{`\bok\b`, "ok\n", 2},
		{"(?m)ok$", "ok\n\n", 3},
		{"(?im)^ok$", "ok\nno", 2},
		{"(?m)ok$|(?-m:no$)", "ok\nno", 0},
		{"(?i)ok$", "ok\n", 0},
		{"(?m)a(?:b)(?P<n>c)$", "abc\n", 3},
	} {
		if got := decidable(r.expression, []byte(r.text)); got != r.want {
			t.Errorf("%s in %q: %d, want %d", r.expression, r.text, got, r.want)
		}
	}
}

// A body that vega can't decode is no reason for an alarm.
func TestContentEncodings(t *testing.T) {
	encoded := func(coding string) string {
		return server(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", coding)
			_, _ = io.WriteString(w, "hello")
		}))
	}
	runRows(t, "http", []row{
		{name: "not read", options: options{"url": encoded("br")}, says: "which vega does not read"},
		{name: "none", options: options{"url": encoded("utf-8"), "expect_body": "hello"}, says: "answered 200"},
	})
}

func TestRejectedContent(t *testing.T) {
	url := serve(t, "text/plain", "all is well\nno errors")
	packed := serve(t, "text/plain", "\x1f\x8b\x08\x00\x00")
	runRows(t, "http", []row{
		{name: "compressed", options: options{"url": packed, "expect_body": "x"}, status: abi.Unhealthy, says: "without the header Content-Encoding"},
		{name: "absent", options: options{"url": url, "reject_body": "panic", "reject_regex": "(?m)^ERROR"}, says: "answered 200"},
		{name: "text", options: options{"url": url, "reject_body": "error"}, status: abi.Unhealthy, says: `reject_body rejects: "error"`},
		{name: "expression", options: options{"url": url, "expect_body": "well", "reject_regex": "errors$"}, status: abi.Unhealthy, says: `reject_regex rejects: "errors$"`},
	})
}

func TestHeaders(t *testing.T) {
	url := server(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("X-Queue", "12")
		h["Set-Cookie"] = []string{"a=1; Secure", "session=geheim-1234"}
		h["Vary"] = []string{"Accept", "Origin"}
	}))
	expect := func(name string, want any) options {
		return options{"url": url, "expect_headers": options{name: want}}
	}
	runRows(t, "http", []row{
		{name: "equal", options: expect("X-Queue", 12), says: "answered 200"},
		{name: "in any case", options: expect("x-queue", "< 100"), says: "answered 200"},
		{name: "one of several", options: expect("Vary", "Origin"), says: "answered 200"},
		{name: "exists", options: expect("exists(Server)", false), says: "answered 200"},
		{name: "expression", options: expect("Content-Type", "=~ ^text/html(;|$)"), says: "answered 200"},
		{name: "differs", options: expect("Content-Type", "application/json"), status: abi.Unhealthy, says: `the header Content-Type of ` + url + ` has "text/html; charset=utf-8", expected "application/json"`},
		{name: "too many", options: expect("X-Queue", "< 10"), status: abi.Unhealthy, says: `has "12", expected < 10`},
		{name: "missing", options: expect("Strict-Transport-Security", "=~ max-age"), status: abi.Unhealthy, says: `sent no header Strict-Transport-Security, expected =~ "max-age"`},
		{name: "must not exist", options: expect("exists(X-Queue)", false), status: abi.Unhealthy, says: "sent the header X-Queue"},
		{name: "none of several", options: expect("Vary", "!= Origin"), status: abi.Unhealthy, says: `has "Origin"`},
		{name: "each of several, without a login", options: expect("all(Set-Cookie)", "=~ Secure"), status: abi.Unhealthy, says: "the header Set-Cookie of " + url + " has another value, expected"},
	})
}

func TestJSONConditions(t *testing.T) {
	url := serve(t, "application/json", "\xef\xbb\xbf"+`{"version": "1.10", "id": 9007199254740992, "code": "007", "load": 0.75, "price": "12.50", "ok": true, "none": null,
		"data": [{"state": "up", "tags": ["a"]}, {"state": "up", "tags": []}, {"state": "down"}], "map": {"b.c": 1, "d": 2}, "empty": [], "name": "äöü", "padded": "ok ", "@type": "x"}`)
	check := func(name, path string, want any, says string) row {
		r := row{name: name, options: options{"url": url, "expect_json": options{path: want}}, says: says, status: abi.Unhealthy}
		if says == "" {
			r.says, r.status = "answered 200", abi.Healthy
		}
		return r
	}
	runRows(t, "http", []row{
		check("text is text", "version", "1.1", `has "1.10" at version, expected "1.1"`),
		check("number as written", "id", "9007199254740993", `has "9007199254740992" at id`),
		check("a space at the end", "padded", "ok", `has "ok " at padded, expected "ok"`),
		check("the same number", "id", "9007199254740992.0", ""),
		check("leading zeros", "code", 7, `has "007"`),
		check("bool", "ok", true, ""),
		check("null", "none", "null", ""),
		check("less", "load", "< 0.9", ""),
		check("not less", "load", "< 0.75", `has "0.75" at load, expected < 0.75`),
		check("range", "load", ">= 0.5, < 0.7", `expected >= 0.5 and < 0.7`),
		check("number in quotes", "price", "> 12", ""),
		check("text is no number", "version", "< 2", ""),
		check("bool is no number", "ok", "> 0", `has "true" at ok`),
		check("not equal", "version", "!= 1.1", ""),
		check("expression", "version", `=~ ^1\.`, ""),
		check("length", "len(data)", ">= 3", ""),
		check("length of text", "len(name)", 3, ""),
		check("length of a number", "len(load)", 3, "which has no length"),
		check("wrong length", "len(empty)", "> 0", `has "0" at len(empty), expected > 0`),
		check("exists", "exists(none)", true, ""),
		check("exists not", "exists(error)", false, ""),
		check("must exist", "exists(error)", true, "has nothing at error"),
		check("must not exist", "exists(data)", false, "has a value at data"),
		check("brackets", "$.data[0].state", "up", ""),
		check("last", "data[-1].state", "down", ""),
		check("beyond", "data[-4].state", "down", "has nothing at data[-4].state"),
		check("all", "data[*].state", "up", `has "down" at data.2.state, expected "up"`),
		check("any", "any(data[*].state)", "down", ""),
		check("none", "any(data[*].state)", "lost", `none of the 3 values at data[*].state`),
		check("lacking in one", "data[*].tags", "!= x", "has nothing at data.2.tags"),
		check("nested", "data[*].tags[*]", "a", ""),
		check("nothing to check", "empty[*].x", "y", "has nothing at empty[*].x"),
		check("members", "map[*]", "< 3", ""),
		check("key with a dot", `map["b.c"]`, 1, ""),
		check("escaped key", `map.b\.c`, 1, ""),
		check("key like a command", `\@type`, "x", ""),
		check("count", "data.#", 3, ""),
		check("first key", "map.@0", "b.c", ""),
		check("absent below a wildcard", "exists(data[*].error)", false, ""),
	})
}

func TestJSONThatIsNone(t *testing.T) {
	runRows(t, "http", []row{
		{name: "web page", options: options{"url": serve(t, "text/html", "<html>Log in</html>"), "expect_json": options{"a": 1}}, status: abi.Unhealthy, says: "it is a web page, such as a login or an error page"},
		{name: "empty", options: options{"url": serve(t, "application/json", ""), "expect_json": options{"a": 1}}, status: abi.Unhealthy, says: "did not answer with usable JSON"},
		{name: "more after it", options: options{"url": serve(t, "application/json", `{"a":1}{"a":2}`), "expect_json": options{"a": 1}}, status: abi.Unhealthy, says: "did not answer with usable JSON"},
		{name: "nothing", options: options{"url": serve(t, "application/json", ""), "expect_json": options{"a": 1}}, status: abi.Unhealthy, says: "usable JSON (the body is not JSON: it is empty)"},
		{name: "records", options: options{"url": serve(t, "application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n"), "expect_json": options{"a": 1}}, status: abi.Unhealthy, says: "it is a stream of several texts: use expect_body or expect_regex"},
		{name: "bad path", options: options{"url": serve(t, "application/json", `{}`), "expect_json": options{"a..b": 1}}, status: abi.Unknown, says: "has two dots"},
	})
}

// What differs from what is expected only in characters that look alike, or
// after the part that a message shows, is said.
func TestDifferenceThatCannotBeSeen(t *testing.T) {
	const decomposed, composed = "cafe\u0301", "caf\u00e9"
	long := strings.Repeat("x", 200)
	url := server(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-Space", "a\u00a0b")
		_, _ = fmt.Fprintf(w, `{"nfd":"%s","space":"all\u00a0well","unseen":"o\u200bk","nul":"o\u0000k","long":"%s1","other":"caf\u00e8"}`, decomposed, long)
	}))
	text := serve(t, "text/plain; charset=utf-8", "first\r\nOK, "+decomposed+"\u00a0is open\r\nlast\r\n")
	json := func(path, want, says string) row {
		return row{name: path, options: options{"url": url, "expect_json": options{path: want}}, status: abi.Unhealthy, says: says}
	}
	body := func(name, option, want, says string) row {
		return row{name: name, options: options{"url": text, option: want}, status: abi.Unhealthy, says: says}
	}
	runRows(t, "http", []row{
		json("nfd", composed, `expected "`+composed+`"; they look alike, but "cafe\u0301" is not "caf\u00e9"`),
		json("space", "all well", `they look alike, but "all\u00a0well" is not "all well"`),
		json("unseen", "ok", `they look alike, but "o\u200bk" is not "ok"`),
		json("nul", "ok", `they look alike, but "o\u0000k" is not "ok"`),
		json("long", long+"2", `they differ after 200 bytes: "…xxxxxxxxxxxxxxxxxxxx1" is not "…xxxxxxxxxxxxxxxxxxxx2"`),
		json("other", composed, `has "caf`+"\u00e8"+`" at other, expected "`+composed+`"`),
		{name: "header", options: options{"url": url, "expect_headers": options{"X-Space": "a b"}}, status: abi.Unhealthy, says: `they look alike, but "a\u00a0b" is not "a b"`},
		body("text", "expect_body", composed+" is", `it contains what looks alike, but "cafe\u0301\u00a0is" is not "caf\u00e9 is"`),
		body("line end", "expect_body", "first\nOK", `it contains what looks alike, but "first\r\nOK" is not "first\nOK"`),
		body("case", "expect_body", "ok,", `it contains "OK,", whose case differs`),
		body("lines", "expect_regex", "^last", "it matches with (?m) before it"),
		body("line ends", "expect_regex", "(?m)^last$", `and \r?$ for $, because lines end in \r\n`),
		body("across lines", "expect_regex", "first.*OK", "it matches with (?s) before it"),
		body("case of an expression", "expect_regex", "LAST", "it matches with (?i) before it"),
	})
}

// TestHintsCostLittle checks that a large page which lacks something is a verdict,
// and that looking for what is nearly it ends early.
func TestHintsCostLittle(t *testing.T) {
	wanted := strings.Repeat("x", 99) + "y"
	url := serve(t, "text/plain; charset=utf-8", strings.Repeat("x", 900_000)+strings.ToUpper(wanted))
	runRows(t, "http", []row{
		{name: "text", options: options{"url": url, "expect_body": wanted}, status: abi.Unhealthy, says: `x…"`},
		{name: "expression", options: options{"url": url, "expect_regex": "^y{9}[0-9]+"}, status: abi.Unhealthy, says: `x…"`},
	})
}

func TestStatusHints(t *testing.T) {
	status := func(code int, header, value, text string) string {
		return server(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set(header, value)
			}
			w.WriteHeader(code)
			_, _ = io.WriteString(w, text)
		}))
	}
	authority := fixtures.NewAuthority(t)
	secure := strings.Replace(tlsServer(t, site(), authority.Config(t, 2000*3600*1e9, "127.0.0.1")), "https://", "http://", 1)
	rows := []row{{name: "http to https", options: options{"url": secure}, status: abi.Unhealthy, says: "it speaks HTTPS: write https:// in url"}}
	for _, c := range []struct {
		code                int
		header, value, says string
	}{
		{302, "", "", "redirects without a Location"},
		{304, "", "", "remove the conditional headers"},
		{401, "", "", "correct the credentials in auth or headers"},
		{401, "WWW-Authenticate", "Basic realm=x", "correct the credentials in auth or headers"},
		{401, "WWW-Authenticate", "NTLM", "it accepts only logins by NTLM, which vega does not have"},
		{406, "", "", "set the header Accept"},
		{415, "", "", "set the header Content-Type"},
		{405, "Allow", "POST", `set another method (it allows "POST")`},
		{407, "", "", "a proxy on the way asks for a login"},
		{421, "", "", "does not serve that name"},
		{426, "Upgrade", "websocket", `it expects another protocol: "websocket"`},
		{429, "Retry-After", "120", "raise the interval; it asks to wait 120s"},
		{503, "Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT", `it asks to wait until "Fri, 31 Dec`},
		{504, "", "", "the server behind this proxy does not answer"},
	} {
		rows = append(rows, row{name: fmt.Sprint(c.code), options: options{"url": status(c.code, c.header, c.value, "")}, status: abi.Unhealthy, says: c.says})
	}
	rows = append(rows, row{name: "nginx", options: options{"url": status(400, "", "", "<center>The plain HTTP request was sent to HTTPS port</center>")}, status: abi.Unhealthy, says: "it speaks HTTPS"})
	runRows(t, "http", rows)
}

// A redirect to itself that sets a cookie, as login pages and shields do.
func TestCookieRedirect(t *testing.T) {
	url := server(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if _, err := q.Cookie("seen"); err == nil {
			_, _ = io.WriteString(w, "welcome")
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		http.Redirect(w, q, q.URL.Path, http.StatusFound)
	}))
	runRows(t, "http", []row{{name: "reached", options: options{"url": url, "expect_body": "welcome"}, says: "answered 200"}})
}
