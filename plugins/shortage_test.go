package plugins_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/policies/check"
)

var noDescriptor = &fs.PathError{Op: "open", Path: "x", Err: syscall.EMFILE}

// Whatever a guest makes of a call for which vega had no descriptor, the target is not
// blamed, and the message says what to do.
func TestShortageIsVegasFault(t *testing.T) {
	if !realtest.Apart(t, func() []string {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
		t.Cleanup(web.Close)
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, "hello\n")
				_ = c.Close()
			}
		}()
		return []string{"SHORT_HTTP=" + web.URL, "SHORT_TCP=" + l.Addr().String(), "SHORT_DNS=" + names(t, map[string]string{"a.test": "192.0.2.1"})}
	}) {
		return
	}
	s := newSandbox(t, plugins.Options{Network: egress.New(os.Getenv("SHORT_DNS"))})
	m := s.guest(t)
	url := manifest.Values{"url": manifest.Plain(os.Getenv("SHORT_HTTP"))}
	runs := map[string]manifest.Values{
		"get": url, "stumble": url, // which panics if its call fails
		"dial":    {"address": manifest.Plain(os.Getenv("SHORT_TCP")), "network": manifest.Plain("tcp")},
		"resolve": {"name": manifest.Plain("a.test")},
	}
	for probe, values := range runs {
		if got := m.Run(t.Context(), input(t, probe, values)); got.Status != check.Healthy {
			t.Fatalf("%s with all it needs: %s/%s %q", probe, got.Status, got.Cause, got.Message)
		}
	}
	realtest.Starve(t, 0)
	for probe, values := range runs {
		got := m.Run(t.Context(), input(t, probe, values))
		if got.Status != check.Unknown || got.Cause != check.Host || !strings.Contains(got.Message, "no file descriptors left (limit 256)") || !strings.Contains(got.Message, "raise LimitNOFILE") {
			t.Errorf("%s: %s/%s %q", probe, got.Status, got.Cause, got.Message)
		}
	}
	if got := m.Run(t.Context(), input(t, "fine", nil)); got.Status != check.Healthy {
		t.Errorf("a run that needs none: %s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// An error in vega's storage is vega's fault, except that the guest's quota is
// exceeded. A guest that reports healthy in spite of it is believed.
func TestOwnStorageIsVegasFault(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	for _, c := range []struct {
		name     string
		get, set error
		want     string // status/cause
		says     string
	}{
		{"well", nil, nil, "healthy/", "was: "},
		{"no descriptor", nil, fmt.Errorf("keep it: %w", noDescriptor), "unknown/host", "raise LimitNOFILE"},
		{"disk full", nil, syscall.ENOSPC, "unknown/host", "the disk that vega writes to is full"},
		{"locked", nil, context.DeadlineExceeded, "unknown/host", "vega could not store the probe's value"},
		{"quota", nil, plugins.ErrQuota, "unhealthy/target", "quota"},
		{"it does without", noDescriptor, nil, "healthy/", "was: "},
		{"neither", errors.New("damaged"), errors.New("damaged too"), "unknown/host", "vega could not read the probe's stored value: damaged;"},
	} {
		s.getFails, s.setFails = c.get, c.set
		in := input(t, "kv", manifest.Values{"value": manifest.Plain("v")})
		in.Grants.KV = 16
		got := m.Run(t.Context(), in)
		if string(got.Status)+"/"+string(got.Cause) != c.want || !strings.Contains(got.Message, c.says) {
			t.Errorf("%s: %s/%s %q, want %s", c.name, got.Status, got.Cause, got.Message, c.want)
		}
	}
}

type failingDatabases struct{ err error }

func (d failingDatabases) Query(context.Context, string, string) (plugins.Rows, error) {
	return nil, d.err
}

func TestShortageOfADriver(t *testing.T) {
	for _, c := range []struct {
		err  error
		want check.Cause
	}{
		{fmt.Errorf("connect: %w", noDescriptor), check.Host},
		{errors.New("password authentication failed"), check.Target},
	} {
		s := newSandbox(t, plugins.Options{Databases: failingDatabases{c.err}})
		got := s.guest(t).Run(t.Context(), input(t, "query", manifest.Values{"database": manifest.Plain("app"), "sql": manifest.Plain("SELECT 1")}))
		if got.Cause != c.want {
			t.Errorf("%v: %s/%s %q", c.err, got.Status, got.Cause, got.Message)
		}
	}
}

// If descriptors run out while an entry of the cache is read, or while the child is
// started, that says nothing about the entry or the module.
func TestLoadUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	s, cache := apart(t)
	known, unknown := watWasm(t, "segments"), watWasm(t, "carry")
	s.load(t, known)
	before := entries(t, cache)
	for left := range 3 {
		for name, wasm := range map[string][]byte{"known": known, "unknown": unknown} {
			feed := realtest.Starve(t, left)
			m, err := s.Load(t.Context(), wasm)
			feed()
			switch {
			case err == nil:
				_ = m.Close()
			case shortage.Of(err) == nil:
				t.Errorf("%s, with %d descriptors left: %v", name, left, err)
			}
			if err == nil && left == 0 {
				t.Errorf("%s is loaded without descriptors: the test can't fail", name)
			}
		}
	}
	if after := entries(t, cache); !slices.Equal(before, after) {
		t.Errorf("the cache held %q, and holds %q", before, after)
	}
	s.load(t, known)
	s.load(t, unknown)
}
