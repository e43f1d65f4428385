//go:build !wasip1

package sdk_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vega/sdk"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

func ExampleKey() {
	fmt.Println("headers." + sdk.Key("x.y"))
	fmt.Println(sdk.Key("#"))
	// Output:
	// headers.x\.y
	// \#
}

// in runs a probe that reports through t.
func in(t *testing.T, c sdktest.Config, probe func(r *sdk.Run)) sdktest.Result {
	t.Helper()
	return sdktest.Run(t, func(r *sdk.Run) sdk.Result {
		probe(r)
		return sdk.Healthy("")
	}, c)
}

func TestOptions(t *testing.T) {
	long := strings.Repeat("long ", 1000)
	headers := map[string]string{"a.b": "dot", "#": "number", "@0": "at", `\`: "slash", "": "empty", "plain": long}
	options := map[string]any{
		"text": long, "number": 2.5, "whole": 7, "yes": true, "no": false, "wait": 1500 * time.Millisecond, "size": int64(1 << 40),
		"list": []any{"x", 2, true}, "headers": headers, "none": []string{},
	}
	in(t, sdktest.Config{Options: options}, func(r *sdk.Run) {
		if r.String("text") != long {
			t.Error("a value longer than the first buffer was truncated")
		}
		if r.Float("number") != 2.5 || r.Int("number") != 2 || r.Int("whole") != 7 || r.Size("size") != 1<<40 {
			t.Error("a number was misread")
		}
		if !r.Bool("yes") || r.Bool("no") || r.Duration("wait") != 1500*sdk.Millisecond {
			t.Error("a bool or duration was misread")
		}
		if got := strings.Join(r.Strings("list"), " "); got != "x 2 true" {
			t.Errorf("list is %q", got)
		}
		if len(r.Strings("none")) != 0 || !r.Has("none") || r.Has("absent") || r.String("absent") != "" || r.Int("absent") != 0 {
			t.Error("an unset option has a value")
		}
		got, last := map[string]string{}, ""
		for _, p := range r.Map("headers") {
			if p.Key < last {
				t.Errorf("%q came after %q", p.Key, last)
			}
			got[p.Key], last = p.Value, p.Key
		}
		if !maps.Equal(got, headers) {
			t.Errorf("map is %q", got)
		}
	})
}

func TestResultsAreClipped(t *testing.T) {
	got := sdktest.Run(t, func(r *sdk.Run) sdk.Result {
		r.Detail(strings.Repeat("ä", 500), strings.Repeat("ö", 5000))
		r.Metric("nan", 0/zero, "")
		r.Metric("inf", 1/zero, "")
		r.Millis("wait", 1500*sdk.Microsecond)
		r.Info(strings.Repeat("ü", 5000))
		return sdk.Degraded("late")
	}, sdktest.Config{})
	if got.Status != abi.Degraded || got.Message != "late" || len(got.Metrics) != 1 || got.Metrics["wait"] != 1.5 {
		t.Errorf("%+v", got)
	}
	for name, value := range got.Details {
		if len(name) > 128 || len(value) > 4096 || !strings.HasSuffix(value, "ö…") {
			t.Errorf("detail of %d and %d bytes", len(name), len(value))
		}
	}
	if len(got.Logs[0]) > 1024 {
		t.Errorf("line of %d bytes", len(got.Logs[0]))
	}
}

var zero float64

func TestResponse(t *testing.T) {
	body := `{"items":[{"name":"a"},{"name":null}],"n":1e3,"ok":true}` + strings.Repeat(" ", 40<<10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		user, password, _ := q.BasicAuth()
		w.Header().Set("X-Seen", q.Method+" "+user+":"+password+" "+q.Header.Get("X-A"))
		_, _ = io.WriteString(w, body)
	}))
	defer s.Close()
	in(t, sdktest.Config{}, func(r *sdk.Run) {
		p, err := r.HTTP("PUT", s.URL).Header("X-A", "b").BasicAuth("ada", "s3").Body("x").Send()
		if err != nil {
			t.Fatal(err)
		}
		if p.Status != 200 || p.Header("x-seen") != "PUT ada:s3 b" || p.Header("X-None") != "" {
			t.Errorf("%d %q", p.Status, p.Header("X-Seen"))
		}
		if name, err := p.JSON("items.0.name"); name != "a" || err != nil {
			t.Errorf("%q, %v", name, err)
		}
		if _, err := p.JSON("items.9"); !errors.Is(err, sdk.ErrNotSet) {
			t.Errorf("a missing path: %v", err)
		}
		if p.Count("items") != 2 || p.Count("") != 3 || p.Count("nothing") != 0 {
			t.Error("miscounted")
		}
		if short, err := p.Text(1 << 20); short != body || err != nil {
			t.Errorf("%d bytes of %d, %v", len(short), len(body), err)
		}
		if again, _ := p.Text(8); again != body[:8] {
			t.Errorf("asked again: %q", again)
		}
		if p.Timing(sdk.PhaseTotal) <= 0 || p.TLS().Verify() == nil || !p.TLS().NotAfter().IsZero() {
			t.Error("TLS facts of an exchange without TLS")
		}
		if short, err := r.HTTP("GET", s.URL).MaxBody(10).Send(); err != nil {
			t.Error(err)
		} else if _, err := short.Text(1 << 20); !errors.Is(err, sdk.ErrTooLarge) {
			t.Errorf("over the limit: %v", err)
		}
		if _, err := r.HTTP("GET", "http://[::bad").Send(); !errors.Is(err, sdk.ErrInvalid) {
			t.Errorf("a bad URL: %v", err)
		}
	})
}

func TestConn(t *testing.T) {
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		line, _ := bufio.NewReader(c).ReadString('\n')
		_, _ = io.WriteString(c, "one\r\ntwo\n"+line+strings.Repeat("x", 100))
	}()
	in(t, sdktest.Config{}, func(r *sdk.Run) {
		c, err := r.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.WriteString("three\r\n"); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"one", "two", "three"} {
			if got, err := c.ReadLine(64); got != want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, want)
			}
		}
		if err := c.StartTLS("localhost"); !errors.Is(err, sdk.ErrTLS) {
			t.Errorf("TLS after unread text: %v", err)
		}
		if _, err := c.ReadLine(64); !errors.Is(err, sdk.ErrTooLarge) {
			t.Errorf("a long line: %v", err)
		}
		if _, err := c.ReadLine(1 << 10); !errors.Is(err, sdk.ErrReset) {
			t.Errorf("the end within a line: %v", err)
		}
		if _, err := r.Dial("carrier pigeon", l.Addr().String()); !errors.Is(err, sdk.ErrInvalid) {
			t.Errorf("an invalid network: %v", err)
		}
	})
}

func TestHandlesAreFreed(t *testing.T) {
	refused := "http://127.0.0.1:1/"
	in(t, sdktest.Config{}, func(r *sdk.Run) {
		for range 40 {
			if _, err := r.HTTP("GET", refused).Send(); !errors.Is(err, sdk.ErrRefused) {
				t.Fatalf("a failed request keeps its handle: %v", err)
			}
		}
	})
}

func TestStorageAndRows(t *testing.T) {
	kept := map[string]string{"seen": "yesterday"}
	c := sdktest.Config{KV: kept, SQL: func(_, query string) (sdktest.Rows, error) {
		return sdktest.Rows{{1, "a"}, {nil, query}}, nil
	}}
	in(t, c, func(r *sdk.Run) {
		if v, err := r.KVGet("seen"); v != "yesterday" || err != nil {
			t.Errorf("%q, %v", v, err)
		}
		if _, err := r.KVGet("new"); !errors.Is(err, sdk.ErrNotSet) {
			t.Errorf("a missing key: %v", err)
		}
		if err := r.KVSet("new", "today"); err != nil || kept["new"] != "today" {
			t.Errorf("%v, %v", kept, err)
		}
		if err := r.KVSet("new", ""); err != nil {
			t.Error(err)
		}
		_, err := r.KVGet("new")
		if failed := sdk.Failed("it", err); !errors.Is(err, sdk.ErrNotSet) || failed.Status != abi.Unknown {
			t.Errorf("a deleted key: %v, %+v, want unknown: it says nothing about the target", err, failed)
		}
		rows, err := r.Query("app", "SELECT b")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for rows.Next() {
			a, err := rows.Column(0)
			if errors.Is(err, sdk.ErrNotSet) {
				a = "NULL"
			}
			b, _ := rows.Column(1)
			got = append(got, a+" "+b)
		}
		if rows.Err() != nil || strings.Join(got, ", ") != "1 a, NULL SELECT b" {
			t.Errorf("%q, %v", got, rows.Err())
		}
		if ok, err := r.Match(`^v\d+$`, "v12"); !ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	})
}

func TestDenialContainsLineToPaste(t *testing.T) {
	const line = `grant { net = ["tcp://h:1"] }`
	c := sdktest.Config{Deny: func(string, string) string { return line }}
	in(t, c, func(r *sdk.Run) {
		_, err := r.Dial("tcp", "h:1")
		if !errors.Is(err, sdk.ErrDenied) || err.Error() != line {
			t.Errorf("%v", err)
		}
	})
}

func TestDuplicateRegistrationPanics(t *testing.T) {
	probe := func(*sdk.Run) sdk.Result { return sdk.Healthy("") }
	if sdk.Lookup("twice") == nil { // already registered if the test runs again
		sdk.Probe("twice", probe)
	}
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	sdk.Probe("twice", probe)
}
