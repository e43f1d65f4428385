package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"vega/plugins"
)

// compiled is a directory with the native code of the bundled plugin: to
// compile it takes half a minute under the race detector on a busy machine,
// for each vega that a test starts.
var compiled = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "vega-compiled-")
	if err != nil {
		return "", err
	}
	compiledIn.Store(&dir)
	s, err := plugins.Open(context.Background(), plugins.Options{CacheDir: dir})
	if err != nil {
		return "", err
	}
	m, err := s.Load(context.Background(), plugins.Core())
	if err != nil {
		return "", err
	}
	if err := m.Close(); err != nil {
		return "", err
	}
	return dir, s.Close()
})

var compiledIn atomic.Pointer[string]

// tidied removes that directory at the end of the tests.
type tidied struct{ *testing.M }

// Run runs the tests.
func (m tidied) Run() int {
	code := m.M.Run()
	if dir := compiledIn.Load(); dir != nil {
		_ = os.RemoveAll(*dir)
	}
	return code
}

// warm gives the vega that is to start in dir what another has compiled.
func warm(dir string) error {
	from, err := compiled()
	if err != nil {
		return err
	}
	to := filepath.Join(dir, ".vega", "cache")
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o600)
	})
}
