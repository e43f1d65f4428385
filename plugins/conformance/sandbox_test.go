package conformance_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"vega/daemon/config"
	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
	"vega/plugins"
	"vega/plugins/build"
)

// built caches the guests: each is built once for all tests.
var built = struct {
	sync.Mutex
	wasm map[build.Language][]byte
	errs map[build.Language]error
}{wasm: map[build.Language][]byte{}, errs: map[build.Language]error{}}

// guest returns the guest in a language, built with its toolchain. Without the
// toolchain the test is skipped, or fails if everything is required.
func guest(t testing.TB, l build.Language) []byte {
	t.Helper()
	realtest.Toolchain(t, l, false)
	built.Lock()
	defer built.Unlock()
	if _, done := built.errs[l]; !done {
		m, diags := config.LoadManifest("plugin.hcl")
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		built.wasm[l], built.errs[l] = build.Plugin(context.Background(), string(l), m)
	}
	if err := built.errs[l]; err != nil {
		t.Fatal(err)
	}
	return built.wasm[l]
}

// sandbox is a Sandbox whose host side tests can inspect.
type sandbox struct {
	*plugins.Sandbox
	logs []string
	kept map[string]string
}

func newSandbox(t testing.TB, w *world) *sandbox {
	t.Helper()
	s := &sandbox{}
	o := plugins.Options{CacheDir: compiled.Cache(), CPUBudget: time.Minute, Network: w.roots, KV: s, Databases: s, Log: func(_ context.Context, _ string, level slog.Level, line string) {
		s.logs = append(s.logs, level.String()+" "+line)
	}}
	var err error
	if s.Sandbox, err = plugins.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *sandbox) Get(_ context.Context, _, key string) ([]byte, bool, error) {
	v, ok := s.kept[key]
	return []byte(v), ok, nil
}

func (s *sandbox) Set(_ context.Context, _, key string, value []byte, quota int64) error {
	if int64(len(key)+len(value)) > quota {
		return fmt.Errorf("%w: %d bytes", plugins.ErrQuota, len(value))
	}
	if s.kept[key] = string(value); len(value) == 0 {
		delete(s.kept, key)
	}
	return nil
}

func (s *sandbox) Query(_ context.Context, database, query string) (plugins.Rows, error) {
	if database != "app" || query != "SELECT a, b FROM t ORDER BY a" {
		return nil, errors.New("no such column: nothing")
	}
	return &rows{all: [][]any{{"1", "a"}, {"2", nil}, {"3", long}}}, nil
}

// rows implements Rows like *sql.Rows scanning into RawBytes.
type rows struct {
	all [][]any
	now []any
}

func (r *rows) Columns() ([]string, error) { return []string{"a", "b"}, nil }

func (r *rows) Next() bool {
	if len(r.all) == 0 {
		return false
	}
	r.now, r.all = r.all[0], r.all[1:]
	return true
}

func (r *rows) Scan(to ...any) error {
	for i := range to {
		column := to[i].(*sql.RawBytes)
		if *column = nil; r.now[i] != nil {
			*column = sql.RawBytes(r.now[i].(string))
		}
	}
	return nil
}

func (r *rows) Err() error   { return nil }
func (r *rows) Close() error { return nil }
