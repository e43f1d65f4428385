package telemetry

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestMalformedTraceparentIsIgnored(t *testing.T) {
	for given, want := range map[string]string{
		parent: parent,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00":                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
		"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0b":                parent,
		"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02-what comes":     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
		"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what comes":     "",
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more":           "",
		"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":                "",
		"00-00000000000000000000000000000000-b7ad6b7169203331-01":                "",
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01":                "",
		"00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01":                "",
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331":                   "",
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0":                 "",
		"00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01":                "",
		"00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01":                "",
		"00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01":                "",
		" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":               "",
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nX-Forged: 1": "",
		"": "", "-": "", strings.Repeat("0", 55): "", strings.Repeat("-", 55): "",
	} {
		h := http.Header{"Traceparent": {given}, "Tracestate": {"a=1", "b=2"}}
		got := TraceOf(h)
		if got.Parent != want || got.State != "" != (want != "") || len(got.ID()) != 0 && got.ID() != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%q: %+v, want %q", given, got, want)
		}
	}
	if got := TraceOf(http.Header{"Traceparent": {parent, parent}}); got != (Trace{}) {
		t.Errorf("two headers: %+v", got)
	}
	if got := TraceOf(http.Header{}); got != (Trace{}) {
		t.Errorf("no header: %+v", got)
	}
}

// An invalid state is dropped; the trace is kept.
func TestInvalidTracestateIsDropped(t *testing.T) {
	for given, want := range map[string]string{
		"a=1,b=2":                "a=1,b=2",
		strings.Repeat("a", 512): strings.Repeat("a", 512),
		strings.Repeat("a", 513): "",
		"a=\x01":                 "",
		"a=é":                    "",
	} {
		if got := TraceOf(http.Header{"Traceparent": {parent}, "Tracestate": {given}}); got.State != want || got.Parent != parent {
			t.Errorf("%q: %+v", given, got)
		}
	}
}

// Every line has the trace ID exactly once.
func TestLogCarriesTrace(t *testing.T) {
	var out bytes.Buffer
	l := NewLog(&out, true)
	ctx := WithTrace(t.Context(), TraceOf(http.Header{"Traceparent": {parent}}))
	l.InfoContext(ctx, "one")
	l.InfoContext(Carry(t.Context(), WithID(ctx, "id-1")), "two")
	l.InfoContext(WithID(ctx, TraceIn(ctx).ID()), "three")
	for n, want := range []string{`"trace_id":"0af7651916cd43dd8448eb211c80319c"}`, `"correlation_id":"id-1","trace_id":"0af7651916cd43dd8448eb211c80319c"}`, `"correlation_id":"0af7651916cd43dd8448eb211c80319c"}`} {
		if line := strings.Split(out.String(), "\n")[n]; !strings.HasSuffix(line, want) || strings.Count(line, "0af765") != 1 {
			t.Errorf("%s, want %s", line, want)
		}
	}
}
