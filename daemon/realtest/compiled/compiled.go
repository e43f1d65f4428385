// Package compiled caches the native code of modules for tests, so that each module
// is compiled only once and not in every test process. The cached code works with
// and without the race detector, under which compiling takes ten times as long.
//
// Use Cache in tests that open a sandbox, and Core in tests that start a daemon with
// its own data directory. Tests of the cache itself use neither.
package compiled

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"vega/plugins"
)

// Cache returns the cache directory for a sandbox. Test processes may share the
// directory concurrently, because entries appear atomically and are named by the
// content of the module.
var Cache = sync.OnceValue(func() string {
	base, err := os.UserCacheDir()
	version := compiler()
	if err != nil || version == "" {
		return temporary()
	}
	dir := filepath.Join(base, "vega", "tests", version)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return temporary()
	}
	return dir
})

// temporary returns a temporary directory, for processes without a home directory.
func temporary() string {
	dir, err := os.MkdirTemp("", "vega-tests-")
	if err != nil {
		panic(err)
	}
	return dir
}

// compiler returns the version of wazero in go.mod. The version is part of the
// directory's name, because test binaries don't know it and would name entries of
// different versions alike.
func compiler() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for ; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			if m := regexp.MustCompile(`github\.com/tetratelabs/wazero (v\S+)`).FindSubmatch(text); m != nil {
				return "wazero-" + string(m[1])
			}
			return ""
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// core returns the directory of a cache that holds only the bundled plugin.
var core = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(Cache(), "core")
	ctx := context.Background()
	s, err := plugins.Open(ctx, plugins.Options{CacheDir: dir})
	if err != nil {
		return "", err
	}
	m, err := s.Load(ctx, plugins.Core())
	if err != nil {
		return "", errors.Join(err, s.Close())
	}
	return dir, errors.Join(m.Close(), s.Close())
})

// Core adds the native code of the bundled plugin to the data directory of a
// daemon.
func Core(dataDir string) error {
	from, err := core()
	if err != nil {
		return fmt.Errorf("compile the bundled plugin: %w", err)
	}
	to := filepath.Join(dataDir, "cache")
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case e.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		case strings.HasSuffix(rel, ".tmp"): // another process is writing it
			return nil
		default:
			return link(path, filepath.Join(to, rel))
		}
	})
}

// link creates a second name for a file, or copies it to another file system.
// Linking is safe, because entries are never modified.
func link(from, to string) error {
	if err := os.Link(from, to); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	b, err := os.ReadFile(from) // on different file systems
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}
