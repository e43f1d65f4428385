// Package main is the conformance guest in Go; see plugin.hcl in the parent
// directory.
package main

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"vega/sdk"
)

func init() {
	sdk.Probe("options", options)
	sdk.Probe("results", results)
	sdk.Probe("status", status)
	sdk.Probe("http", http)
	sdk.Probe("net", network)
	sdk.Probe("errors", failures)
	sdk.Probe("dns", dns)
	sdk.Probe("sql", sql)
	sdk.Probe("kv", kv)
	sdk.Probe("match", match)
	sdk.Probe("icmp", icmp)
	sdk.Probe("websocket", websocket)
	sdk.Probe("ssh", ssh)
	sdk.Probe("unix", unix)
	sdk.Probe("http2", http2)
}

func main() {}

// code returns the errno of an error, as a detail.
func code(err error) string {
	var e *sdk.Error
	switch {
	case err == nil:
		return "none"
	case errors.Is(err, io.EOF):
		return "end"
	case errors.As(err, &e):
		return strconv.Itoa(int(e.Code))
	default:
		return err.Error()
	}
}

// value returns s, or the errno of the error.
func value(s string, err error) string {
	if err != nil {
		return code(err)
	}
	return s
}

func options(r *sdk.Run) sdk.Result {
	r.Detail("text", r.String("text"))
	r.Detail("long", strconv.Itoa(len(r.String("long"))))
	r.Detail("number", strconv.Itoa(int(r.Float("number")*4)))
	r.Detail("whole", strconv.Itoa(r.Int("whole")))
	r.Detail("flag", strconv.FormatBool(r.Bool("flag")))
	r.Detail("wait", strconv.FormatInt(r.Duration("wait").Milliseconds(), 10))
	r.Detail("size", strconv.FormatInt(r.Size("size"), 10))
	r.Detail("list", strings.Join(r.Strings("list"), ","))
	var pairs []string
	for _, p := range r.Map("map") {
		pairs = append(pairs, p.Key+"="+p.Value)
	}
	r.Detail("map", strings.Join(pairs, ","))
	r.Detail("usual", r.String("usual"))
	r.Detail("absent", strconv.FormatBool(r.Has("absent"))+r.String("absent")+strconv.Itoa(r.Int("absent")))
	return sdk.Healthy("read")
}

func results(r *sdk.Run) sdk.Result {
	r.Detail("again", "first")
	r.Detail("again", "second")
	r.Detail(strings.Repeat("ä", 200), "a long name")
	r.Detail("long", "x"+strings.Repeat("ö", 5000))
	r.Metric("one", 1.5, "ms")
	zero := float64(len(r.String("none")))
	r.Metric("nan", zero/zero, "")
	r.Metric("inf", 1/zero, "")
	r.Debug("a debug line")
	r.Info("an info line")
	r.Warn("a warn line")
	r.Error("x" + strings.Repeat("ü", 5000))
	if r.Deadline() > 0 && r.Now().Unix() > 1_600_000_000 && r.Since(r.Now()) >= 0 {
		r.Detail("clock", "runs")
	}
	return sdk.Degraded("x" + strings.Repeat("é", 3000))
}

func status(r *sdk.Run) sdk.Result {
	switch r.Int("status") {
	case 0:
		return sdk.Healthy("it is healthy")
	case 1:
		return sdk.Degraded("it is degraded")
	case 2:
		return sdk.Unhealthy("it is unhealthy")
	default:
		return sdk.Unknown("it is unknown")
	}
}

func http(r *sdk.Run) sdk.Result {
	url := r.String("url")
	p, err := r.HTTP("POST", url+"/echo").Header("X-A", "one").Header("X-A", "two").Header("X-Token", r.String("token")).BasicAuth("ada", "s3cret").Body("hello").Send()
	if err != nil {
		return sdk.Failed("the echo", err)
	}
	r.Detail("status", strconv.Itoa(p.Status))
	for _, path := range []string{"method", "auth", "a.0", "a.1", "token", "body", "none", "odd\\.key", "list", "absent", "list.#"} {
		r.Detail(path, value(p.JSON(path)))
	}
	r.Detail("count", strconv.Itoa(p.Count("list"))+strconv.Itoa(p.Count("absent"))+strconv.Itoa(p.Count("")))
	text, _ := p.JSON("text")
	r.Detail("text", strconv.Itoa(len(text)))
	r.Detail("header", p.Header("X-Reply")+p.Header("X-None"))
	if p.Timing(sdk.PhaseTotal) > 0 && p.Timing(sdk.PhaseFirstByte) > 0 && p.Timing(sdk.PhaseTLS) == 0 {
		r.Detail("timing", "runs")
	}
	r.Detail("no_tls", code(p.TLS().Verify()))
	p.Close()
	if p, err = r.HTTP("GET", url+"/long").Send(); err == nil {
		text, err = p.Text(1 << 20)
		r.Detail("body_is", strconv.Itoa(len(text))+text[:5])
		p.Close()
	}
	r.Detail("long", code(err))
	if p, err = r.HTTP("GET", url+"/long").Send(); err == nil {
		text, err = p.Text(7)
		r.Detail("first", text)
		p.Close()
	}
	r.Detail("cut", code(err))
	if p, err = r.HTTP("GET", url+"/long").MaxBody(10).Send(); err == nil {
		_, err = p.Text(1 << 20)
		p.Close()
	}
	r.Detail("max_body", code(err))
	if p, err = r.HTTP("GET", url+"/latin").UTF8().NoJSON().Send(); err == nil {
		r.Detail("latin", value(p.Text(100)))
		_, err = p.JSON("x")
		p.Close()
	}
	r.Detail("unkept", code(err))
	if p, err = r.HTTP("GET", url+"/long").Send(); err == nil {
		_, err = p.JSON("x")
		p.Close()
	}
	r.Detail("no_json", code(err))
	if p, err = r.HTTP("GET", url+"/away").Redirects(0).Send(); err == nil {
		r.Detail("redirect", strconv.Itoa(p.Status)+p.Header("Location"))
		p.Close()
	}
	if p, err = r.HTTP("GET", url+"/away").Send(); err == nil {
		r.Detail("redirected", strconv.Itoa(p.Status))
		p.Close()
	}
	_, err = r.HTTP("GET", "http://[bad").Send()
	r.Detail("bad_url", code(err))
	if p, err = r.HTTP("GET", r.String("secure")).Send(); err != nil {
		return sdk.Failed("the secure server", err)
	}
	facts(r, p.TLS())
	return sdk.Healthy("sent")
}

func facts(r *sdk.Run, t sdk.TLS) {
	r.Detail("tls", t.Version())
	r.Detail("cipher", strconv.FormatBool(t.Cipher() != ""))
	r.Detail("subject", t.Subject())
	r.Detail("issuer", t.Issuer())
	r.Detail("not_after", strconv.FormatInt(t.NotAfter().Unix(), 10))
	r.Detail("names", strings.Join(t.Names(), ","))
	r.Detail("verified", code(t.Verify()))
	r.Detail("chain_ends", strconv.FormatInt(t.ChainEnds().Unix(), 10))
	r.Detail("chain_subject", t.ChainSubject())
	_, err := t.ClientCertificate()
	r.Detail("accepted", code(err))
}

func network(r *sdk.Run) sdk.Result {
	c, err := r.Dial("tcp", r.String("address"))
	if err != nil {
		return sdk.Failed("the server", err)
	}
	err = c.WriteString("one\ntwo\r\n")
	r.Detail("write", code(err))
	r.Detail("line1", value(c.ReadLine(64)))
	r.Detail("line2", value(c.ReadLine(64)))
	_ = c.WriteString("STARTTLS\n")
	r.Detail("ready", value(c.ReadLine(64)))
	r.Detail("starttls", code(c.StartTLS("")))
	_ = c.WriteString("three\n")
	r.Detail("line3", value(c.ReadLine(64)))
	_ = c.WriteString("LONG\n")
	_, err = c.ReadLine(64)
	r.Detail("long_line", code(err))
	c.Close()
	c, _ = r.Dial("tcp", r.String("address"))
	_ = c.WriteString("BYE\n")
	r.Detail("bye", value(c.ReadLine(64)))
	_, err = c.ReadLine(64)
	r.Detail("gone", code(err))
	_, err = c.Read(make([]byte, 8))
	r.Detail("end", code(err))
	c.Close()
	_, err = c.Read(make([]byte, 8))
	r.Detail("closed", code(err))
	if c, err = r.Dial("tls", r.String("secure")); err != nil {
		return sdk.Failed("the secure server", err)
	}
	facts(r, c.TLS())
	_ = c.WriteString("four\n")
	r.Detail("line4", value(c.ReadLine(64)))
	c.Close()
	if c, err = r.Dial("udp", r.String("datagram")); err != nil {
		return sdk.Failed("the datagram server", err)
	}
	_ = c.WriteString("ping")
	answer := make([]byte, 64)
	n, err := c.Read(answer)
	_, late := c.ReadWithin(2*sdk.Millisecond, make([]byte, 8))
	r.Detail("late", code(late))
	r.Detail("udp", value(string(answer[:n]), err))
	return sdk.Healthy("talked")
}

// failures provokes each error, the timeout last because it uses the remaining
// time.
func failures(r *sdk.Run) sdk.Result {
	report := func(name string, err error) {
		result := sdk.Failed("it", err)
		r.Detail(name, strconv.Itoa(int(result.Status))+" "+code(err))
		r.Detail(name+"_is", result.Message)
	}
	_, err := r.Dial("tcp", r.String("elsewhere"))
	report("denied", err)
	_, err = r.Dial("tcp", r.String("refusing"))
	report("refused", err)
	_, err = r.HTTP("GET", r.String("absent")).Send()
	report("dns", err)
	_, err = r.HTTP("GET", r.String("untrusted")).Send()
	report("tls", err)
	_, err = r.HTTP("GET", r.String("loop")).Send()
	report("io", err)
	_, err = r.Match("(", "")
	report("invalid", err)
	_, err = r.HTTP("GET", "http://x/"+strings.Repeat("x", 70000)).Send()
	report("too_large", err)
	var held []*sdk.Conn
	for range 17 {
		c, failed := r.Dial("tcp", r.String("silent"))
		if err = failed; err != nil {
			break
		}
		held = append(held, c)
	}
	report("quota", err)
	r.Detail("held", strconv.Itoa(len(held)))
	for _, c := range held {
		c.Close()
	}
	_, err = held[0].Write([]byte("x"))
	report("closed", err)
	c, err := r.Dial("tcp", r.String("resetting"))
	if err == nil {
		_ = c.WriteString("x")
		_, err = c.Read(make([]byte, 8))
		c.Close()
	}
	report("reset", err)
	c, _ = r.Dial("tcp", r.String("silent"))
	_, err = c.Read(make([]byte, 8))
	report("timeout", err)
	return sdk.Unhealthy("all failed")
}

func dns(r *sdk.Run) sdk.Result {
	name, server := r.String("name"), r.String("server")
	for _, kind := range []string{"A", "MX", "TXT", "SRV", "NS"} {
		answers, err := r.Resolve(kind, name, server)
		r.Detail(kind, value(strings.Join(answers, ","), err))
	}
	answers, err := r.Resolve("A", "absent."+name, server)
	r.Detail("absent", value(strings.Join(answers, ","), err))
	_, err = r.Resolve("WHAT", name, server)
	r.Detail("what", code(err))
	return sdk.Healthy("asked")
}

func sql(r *sdk.Run) sdk.Result {
	rows, err := r.Query(r.String("database"), "SELECT a, b FROM t ORDER BY a")
	if err != nil {
		return sdk.Failed("the database", err)
	}
	var all []string
	for rows.Next() {
		a, err := rows.Column(0)
		b, failed := rows.Column(1)
		if len(b) > 99 {
			b = strconv.Itoa(len(b))
		}
		all = append(all, value(a, err)+" "+value(b, failed))
	}
	r.Detail("rows", strings.Join(all, ","))
	r.Detail("end", code(rows.Err()))
	_, err = rows.Column(9)
	r.Detail("column", code(err))
	rows.Close()
	_, err = rows.Column(0)
	r.Detail("closed", code(err))
	_, err = r.Query(r.String("database"), "SELECT nothing")
	r.Detail("bad", code(err))
	return sdk.Healthy("queried")
}

func kv(r *sdk.Run) sdk.Result {
	r.Detail("absent", value(r.KVGet("seen")))
	r.Detail("set", code(r.KVSet("seen", "a\x00b")))
	got, err := r.KVGet("seen")
	r.Detail("got", value(strconv.Itoa(len(got))+strings.ReplaceAll(got, "\x00", "0"), err))
	r.Detail("quota", code(r.KVSet("much", strings.Repeat("x", 5000))))
	r.Detail("again", code(r.KVSet("seen", "c")))
	r.Detail("now", value(r.KVGet("seen")))
	_ = r.KVSet("seen", "")
	_, err = r.KVGet("seen")
	r.Detail("deleted", code(err))
	unstored := sdk.Failed("it", err)
	r.Detail("unstored", strconv.Itoa(int(unstored.Status))+" "+unstored.Message)
	return sdk.Healthy("kept")
}

func match(r *sdk.Run) sdk.Result {
	for name, c := range map[string][2]string{"yes": {`^v\d+$`, "v12"}, "no": {`^v\d+$`, "w12"}, "within": {`b+`, "abbc"}, "bad": {`(`, ""}} {
		ok, err := r.Match(c[0], c[1])
		r.Detail(name, value(strconv.FormatBool(ok), err))
	}
	r.Detail("group", value(r.MatchGroup(`(\w+)@(\w+)`, "to ada@example", 2)))
	_, err := r.MatchGroup("(x)?y", "y", 1)
	r.Detail("no_group", code(err))
	return sdk.Healthy("matched")
}

func icmp(r *sdk.Run) sdk.Result {
	e, err := r.Ping(r.String("host"), sdk.Echo{Count: 2, Size: 16, Interval: 10 * sdk.Millisecond, Wait: sdk.Second})
	if err != nil {
		return sdk.Failed("the host", err)
	}
	r.Detail("address", e.Address)
	for i, p := range e.Replies {
		r.Detail("reply"+strconv.Itoa(i), strconv.FormatBool(p.Arrived && p.RTT > 0 && p.TTL > 0)+strconv.Itoa(p.Duplicates)+strconv.FormatBool(p.Failed)+p.From)
	}
	_, err = r.Ping("192.0.2.9", sdk.Echo{})
	r.Detail("denied", code(err))
	_, err = r.Ping(r.String("host"), sdk.Echo{Count: 1000})
	r.Detail("too_many", code(err))
	return sdk.Healthy("pinged")
}

func websocket(r *sdk.Run) sdk.Result {
	url := r.String("url")
	w, _, err := r.WebSocket(url + "/talk").Protocol("other, chat").Open()
	if err != nil {
		return sdk.Failed("the server", err)
	}
	r.Detail("protocol", w.Protocol())
	r.Detail("header", w.Header("X-Reply"))
	r.Detail("send", code(w.Send("hello")))
	r.Detail("text", value(w.Receive()))
	r.Detail("kind", strconv.FormatBool(w.Binary()))
	r.Detail("bytes", code(w.SendBinary([]byte("a\x00b"))))
	got, err := w.Receive()
	r.Detail("binary", value(strconv.Itoa(len(got))+strings.ReplaceAll(got, "\x00", "0")+strconv.FormatBool(w.Binary()), err))
	_ = w.Send("long")
	got, err = w.Receive()
	r.Detail("long", value(strconv.Itoa(len(got)), err))
	_ = w.Send("bye")
	_, err = w.Receive()
	r.Detail("gone", code(err))
	status, reason := w.Closed()
	r.Detail("closed", strconv.Itoa(status)+reason)
	w.Close()
	_, p, err := r.WebSocket(url + "/none").Open()
	if err != nil {
		return sdk.Failed("the server", err)
	}
	r.Detail("refused", strconv.Itoa(p.Status))
	p.Close()
	_, _, err = r.WebSocket("ws://192.0.2.9/").Open()
	r.Detail("denied", code(err))
	return sdk.Healthy("talked")
}

func ssh(r *sdk.Run) sdk.Result {
	s, err := r.SSH(r.String("address"))
	if err != nil {
		return sdk.Failed("the server", err)
	}
	r.Detail("version", s.Version())
	r.Detail("key", s.KeyType()+" "+s.Fingerprint())
	r.Detail("verified", code(s.Verify()))
	r.Detail("login", code(s.Login()))
	r.Detail("banner", s.Banner())
	status, output, err := s.Run()
	r.Detail("run", value(strconv.Itoa(status)+output, err))
	r.Detail("stderr", s.Stderr())
	s.Close()
	_, err = r.SSH("192.0.2.9:22")
	r.Detail("denied", code(err))
	return sdk.Healthy("looked")
}

func unix(r *sdk.Run) sdk.Result {
	c, err := r.Dial("unix", r.String("lines"))
	if err != nil {
		return sdk.Failed("the socket", err)
	}
	_ = c.WriteString("one\n")
	r.Detail("line", value(c.ReadLine(64)))
	c.Close()
	p, err := r.HTTP("GET", "http://engine/latin").Unix(r.String("web")).Send()
	if err != nil {
		return sdk.Failed("the web socket", err)
	}
	r.Detail("status", strconv.Itoa(p.Status))
	p.Close()
	_, err = r.HTTP("POST", "http://engine/").Unix(r.String("web")).Send()
	r.Detail("denied", code(err))
	return sdk.Healthy("used")
}

func http2(r *sdk.Run) sdk.Result {
	p, err := r.HTTP("POST", r.String("url")+"/trailers").HTTP2().Body("a\x00b").Send()
	if err != nil {
		return sdk.Failed("the server", err)
	}
	r.Detail("early", p.Trailer("Grpc-Status"))
	r.Detail("body", value(p.Text(100)))
	r.Detail("trailer", p.Trailer("Grpc-Status"))
	r.Detail("none", p.Trailer("X-None"))
	p.Close()
	_, err = r.HTTP("POST", r.String("first")+"/trailers").HTTP2().Send()
	r.Detail("first", code(err))
	return sdk.Healthy("framed")
}
