package compiler

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/cpu"

	"vega/plugins/engine"
	"vega/plugins/guard"
)

const (
	// cacheAge is how long the cache keeps a module that nobody loads.
	cacheAge = 30 * 24 * time.Hour
	// compiling is the name pattern of entries that a compiler is working on.
	compiling = "compiling-*"
	// compilingAge is the age at which such an entry counts as abandoned.
	compilingAge = time.Hour
)

// cache is the directory of compiled modules; the empty cache keeps nothing.
type cache string

// entry returns the directory of a module, or "" without a cache. Each module
// has its own directory, so a damaged one can be removed. Its name covers
// everything that the contents depend on, including the kind of processor: with
// native code for another kind, wazero would compile again in this process.
func (c cache) entry(digest string) string {
	if c == "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s %s %v %v\n%s", readerVersion(), runtime.GOOS, runtime.GOARCH, cpu.X86, cpu.ARM64, digest)
	return filepath.Join(string(c), hex.EncodeToString(h.Sum(nil))[:32])
}

// readerVersion returns the version of the code that reads and compiles
// modules.
func readerVersion() string { return engine.Version() + " " + guard.Version }

// add makes the entry of a module of so many bytes atomically. fill writes the
// entry to a temporary directory.
func (c cache) add(dir string, module int, fill func(temp string) error) error {
	if err := makePrivate(string(c)); err != nil {
		return err
	}
	if err := c.hasRoom(module); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(string(c), compiling)
	if err != nil {
		return fmt.Errorf("make room in the compile cache: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := fill(temp); err != nil {
		return err
	}
	if os.Rename(temp, dir) == nil {
		return nil
	}
	if _, err := readEntry(dir); err == nil {
		return nil // another process was first
	}
	return errors.Join(os.RemoveAll(dir), os.Rename(temp, dir))
}

// tidy removes modules that have not been loaded for cacheAge, and what killed
// compilers left behind. Ages count from the latest use of any entry, so that a wall
// clock that is ahead does not empty the cache. tidy ignores errors, because they must
// not prevent a start.
func (c cache) tidy() {
	entries, err := os.ReadDir(string(c))
	if err != nil {
		return
	}
	used := map[string]time.Time{}
	var latest time.Time
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			used[e.Name()] = info.ModTime()
			if latest.Before(info.ModTime()) {
				latest = info.ModTime()
			}
		}
	}
	if now := time.Now(); latest.After(now) {
		latest = now
	}
	for name, at := range used {
		age := cacheAge
		if unfinished, _ := filepath.Match(compiling, name); unfinished {
			age = compilingAge
		}
		if latest.Sub(at) > age {
			_ = os.RemoveAll(filepath.Join(string(c), name))
		}
	}
}

// touch records that an entry was used.
func touch(dir string) {
	_ = os.Chtimes(dir, time.Now(), time.Now()) // at worst the module is compiled again some day
}

// makePrivate makes a directory that other users can't enter, because anyone
// who can write to it controls what vega runs. It does nothing if dir is empty.
func makePrivate(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the compile cache: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("close the compile cache to other users: %w", err)
	}
	return nil
}
