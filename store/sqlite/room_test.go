package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"vega/store/sqlite"
)

// SQLite returns the same error for a file that it can't open, here because a
// directory has the name of its log, and for one that could not be opened
// for lack of descriptors.
func TestRoomExplainsFailedOpens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), os.Mkdir(path+"-wal", 0o700)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		room  func(n int) error
		short bool
	}{
		"no function": {nil, false},
		"room":        {func(int) error { return nil }, false},
		"none before": {func(int) error { return syscall.EMFILE }, true},
		"none after":  {func(n int) error { return map[bool]error{true: syscall.EMFILE}[n == 1] }, true},
	} {
		r, err := sqlite.OpenForeign(path, sqlite.Room(c.room))
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Query(t.Context(), "SELECT count(*) FROM sqlite_schema")
		if err == nil || errors.Is(err, syscall.EMFILE) != c.short {
			t.Errorf("%s: %v", name, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A store that can no longer open its file reports an outage until it can.
func TestNoRoomIsAnOutage(t *testing.T) {
	var short atomic.Bool
	path := filepath.Join(t.TempDir(), "vega.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Room(func(int) error {
		if short.Load() {
			return fmt.Errorf("no file descriptors left: raise the limit: %w", syscall.EMFILE)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	short.Store(true)
	s.ForgetConnections()
	if err := s.SetMemory(t.Context(), "k", "v"); !errors.Is(err, syscall.EMFILE) || strings.Contains(err.Error(), "vega's user needs write access") {
		t.Errorf("%v", err)
	}
	if err := s.Degraded(); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("degraded: %v", err)
	}
	short.Store(false)
	if err := s.SetMemory(t.Context(), "k", "v"); err != nil || s.Degraded() != nil {
		t.Errorf("%v, %v", err, s.Degraded())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
