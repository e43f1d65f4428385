package plugins

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
)

// secretive returns a guest that may hold so much memory and has a secret.
func secretive(t *testing.T, memory manifest.Size, secret string) *guest {
	t.Helper()
	s, err := Open(t.Context(), Options{Log: func(context.Context, string, slog.Level, string) {}})
	if err != nil {
		t.Fatal(err)
	}
	m := &Module{Module: &manifest.Module{}, sandbox: s}
	values := manifest.Values{"password": manifest.Text{{Text: secret, Secret: true}}}
	g, err := m.newGuest(&Input{Memory: memory, Values: values}, &manifest.Probe{}, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	g.run = t.Context()
	t.Cleanup(func() {
		g.end()
		if held, _ := s.ledger.Held(); held != 0 {
			t.Errorf("%d bytes stay counted", held)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// A long text is searched in parts, and a secret is found at any position.
func TestSecretsInLongTextsAreHidden(t *testing.T) {
	const secret = "a secret of 29 bytes, no more"
	g := secretive(t, 1<<20, secret)
	for _, n := range []int{0, 1, len(secret), hideAtOnce - 1, hideAtOnce, 3*hideAtOnce + 7} {
		text := strings.Repeat("x", n)
		for at := range min(n, 2*len(secret)) {
			for _, begin := range []int{at, at + hideAtOnce - len(secret), at + 2*hideAtOnce - len(secret)} {
				if begin+len(secret) > n {
					continue
				}
				in := text[:begin] + secret + text[begin+len(secret):]
				out, err := hide(g, []byte(in))
				if err != nil || string(out) != g.vault.Hide(in) || string(out) == in || len(out) != n {
					t.Fatalf("a secret at %d of %d bytes: %v", begin, n, err)
				}
			}
		}
		if out, err := hide(g, []byte(text)); string(out) != text || err != nil {
			t.Errorf("%d bytes without a secret: %d, %v", n, len(out), err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	g.run = ended
	if _, err := hide(g, make([]byte, 3*hideAtOnce)); !errors.Is(err, errRunEnded) {
		t.Errorf("the search goes on once the run has ended: %v", err)
	}
}

// Log lines are counted as held until the run has ended, and dropped if memory is short.
func TestKeptLogLinesAreHeld(t *testing.T) {
	g := secretive(t, 3000, "a secret of the run")
	for range maxLogLines {
		g.output.addLine(slog.LevelInfo, strings.Repeat("x", 1000))
	}
	if len(g.output.log) != 3 || g.account.Held() != 3000 || g.output.dropped != maxLogLines-3 {
		t.Errorf("%d lines are kept, %d bytes held, %d lines dropped", len(g.output.log), g.account.Held(), g.output.dropped)
	}
	if g.overdrawn != nil {
		t.Errorf("a log line is held against the run: %v", g.overdrawn)
	}
}
