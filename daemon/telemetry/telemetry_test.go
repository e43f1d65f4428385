package telemetry

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"":                       false,
		"a":                      true,
		"abc def/1~":             true,
		strings.Repeat("x", 128): true,
		strings.Repeat("x", 129): false,
		"a\nb":                   false,
		"a\x7f":                  false,
		"é":                      false,
	} {
		if got := ValidID(id); got != want {
			t.Errorf("ValidID(%q) = %v", id, got)
		}
	}
	if a, b := NewID(), NewID(); a == b || !ValidID(a) {
		t.Errorf("NewID gave %q and %q", a, b)
	}
}

func TestLogHasIDAndNoSecrets(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, json := range []bool{false, true} {
		var out bytes.Buffer
		l := NewLog(&out, json)
		l.SetScrub(func(s string) string { return strings.ReplaceAll(s, secret, "(secret)") })
		ctx := WithID(t.Context(), "id-1")
		l.With("bound", secret).WithGroup("g").WarnContext(ctx, "msg "+secret,
			"text", "x"+secret, "err", errors.New(secret), "bytes", []string{secret},
			slog.Group("in", "s", secret))
		l.DebugContext(ctx, "not written")
		got := out.String()
		if strings.Contains(got, secret) || strings.Count(got, "(secret)") != 6 {
			t.Errorf("secrets in %s", got)
		}
		if !strings.Contains(got, "id-1") || strings.Contains(got, "not written") {
			t.Errorf("json=%v: %s", json, got)
		}
	}
}
