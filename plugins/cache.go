package plugins

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/tetratelabs/wazero"
	"golang.org/x/sys/cpu"

	"vega/plugins/guard"
)

// cacheAge is how long the code of a module is kept that nobody loads.
const cacheAge = 30 * 24 * time.Hour

// cacheOf is the cache directory of a module: of its own, so that a damaged
// entry can be removed, and named by all that the entry depends on. Native code
// is for one kind of processor: for another the runtime would compile again, in
// this process.
func (s *Sandbox) cacheOf(digest string) string {
	if s.options.CacheDir == "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %s %v %v %v\n%s", readerVersion(), runtime.GOOS, runtime.GOARCH, cpu.X86, cpu.ARM64, s.without, digest)
	return filepath.Join(s.options.CacheDir, hex.EncodeToString(h.Sum(nil))[:32])
}

// readerVersion returns the version of what reads and compiles modules here.
func readerVersion() string { return compilerVersion() + " " + guard.Version }

// compilerVersion is that of wazero in this program.
func compilerVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/tetratelabs/wazero" {
				return d.Version
			}
		}
	}
	return "unknown"
}

// tidyCache removes what nobody has loaded for long, and what a compiler left
// behind that was ended. Failing to is no reason not to start.
func tidyCache(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		age := cacheAge
		if unfinished, _ := filepath.Match(compiling, e.Name()); unfinished {
			age = time.Hour
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > age {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// touch notes that an entry was used.
func touch(dir string) {
	if dir != "" {
		_ = os.Chtimes(dir, time.Now(), time.Now()) // at worst it is compiled again one day
	}
}

// openCache keeps native code in a directory that only vega's user can write:
// whoever can write there decides what vega runs.
func openCache(dir string) (wazero.CompilationCache, error) {
	if dir == "" {
		return wazero.NewCompilationCache(), nil
	}
	if err := private(dir); err != nil {
		return nil, err
	}
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open the compile cache: %w", err)
	}
	return cache, nil
}

// private makes a directory that is closed to other users.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the compile cache: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("close the compile cache to other users: %w", err)
	}
	return nil
}
