package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/daemon/config"
	"vega/plugins/manifest"
	"vega/plugins/signature"
)

// TestUnreadableIsTriedAgain checks which errors of a module file vega tries again.
func TestUnreadableIsTriedAgain(t *testing.T) {
	file := func(e syscall.Errno) error { return &fs.PathError{Op: "open", Path: "x.wasm", Err: e} }
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"permissions":     {file(syscall.EACCES), true},
		"a failing disk":  {file(syscall.EIO), true},
		"a link":          {errors.New("x.wasm is not a regular file"), false},
		"a removed file":  {file(syscall.ENOENT), false},
		"no descriptors":  {file(syscall.EMFILE), false}, // has a retry of its own
		"none":            {nil, false},
		"one that has it": {retryError{file(syscall.EACCES)}, false},
	} {
		if got := unreadable(c.err); (got != nil) != c.want || c.want && !errors.Is(got, c.err) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestUnreadableFileIsDueLater checks that a file that can't be read is not tried at
// each poll.
func TestUnreadableFileIsDueLater(t *testing.T) {
	c := New(Options{})
	file := t.TempDir() + "/x.wasm"
	if err := os.Symlink("x.wasm", file); err != nil { // a loop
		t.Fatal(err)
	}
	c.queue.failed(manifest.Found{File: file}, &fs.PathError{Err: syscall.EACCES})
	if c.queue.due(file) {
		t.Error("it is due at once")
	}
	c.queue.all[file].retryAt = c.queue.all[file].retryAt.Add(-retryInterval)
	if !c.queue.due(file) {
		t.Error("it is never due")
	}
}

// TestStuck checks that a set is stuck only if nothing that is enabled can run, for
// a reason of vega's own.
func TestStuck(t *testing.T) {
	plugin := func(name, state string) Plugin {
		p := Plugin{State: state, pending: state == loading}
		p.found.Module = &manifest.Module{Manifest: &manifest.Manifest{Name: name}}
		if state == loaded {
			p.Module = &Module{}
		}
		return p
	}
	queued := plugin("a", loading)
	queued.queued = true
	for name, c := range map[string]struct {
		plugins []Plugin
		uses    []string
		want    bool
	}{
		"the only one waits":       {[]Plugin{plugin("a", loading)}, []string{"a"}, true},
		"all wait":                 {[]Plugin{plugin("a", loading), plugin("b", loading)}, []string{"a", "b"}, true},
		"another works":            {[]Plugin{plugin("a", loading), plugin("b", loaded)}, []string{"a", "b"}, false},
		"another works but unused": {[]Plugin{plugin("a", loading), plugin("b", loaded)}, []string{"a"}, true},
		"it is being compiled":     {[]Plugin{queued}, []string{"a"}, false},
		"it is refused":            {[]Plugin{plugin("a", refused)}, []string{"a"}, false},
		"nothing is used":          {[]Plugin{plugin("a", loading)}, nil, false},
	} {
		s := &Set{Config: &config.Config{}, plugins: c.plugins}
		for _, u := range c.uses {
			s.Config.Integrations = append(s.Config.Integrations, config.Integration{Name: u, Plugin: u, Enabled: true})
		}
		if got := s.Stuck(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestLargeDirectoryIsPolledLess checks that reading the directory takes a small share
// of a processor.
func TestLargeDirectoryIsPolledLess(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: pollInterval, time.Millisecond: pollInterval, 100 * time.Millisecond: 2500 * time.Millisecond, time.Minute: maxPollInterval,
	} {
		if got := (&Watcher{reading: took}).pause(); got != want {
			t.Errorf("after %v: %v, want %v", took, got, want)
		}
	}
}

// TestStampsOfSignedModule checks that a signature that comes, changes or goes changes
// the stamp of its module.
func TestStampsOfSignedModule(t *testing.T) {
	dir := t.TempDir()
	file := dir + "/x.wasm"
	look := func() Stamp {
		t.Helper()
		all, err := stamps(dir)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[file]
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(file, "x")
	bare := look()
	put(file+signature.Suffix, "s")
	signed := look()
	put(file+signature.Suffix, "other")
	changed := look()
	if bare.Like(signed) || signed.Like(changed) || !changed.Like(look()) {
		t.Error("a change of the signature is not seen")
	}
}

// TestManyRefusalsAreBounded checks that a directory full of other files
// does not fill the log.
func TestManyRefusalsAreBounded(t *testing.T) {
	var log strings.Builder
	c := New(Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	all := make([]Plugin, 10000)
	for n := range all {
		all[n] = Plugin{found: manifest.Found{File: fmt.Sprint(n)}, State: refused, Reason: "no"}
	}
	for range 2 {
		c.logRefused(t.Context(), all)
	}
	if n := strings.Count(log.String(), "\n"); n != maxRefusedLines+1 || !strings.Contains(log.String(), "count=9980") {
		t.Errorf("%d lines:\n%s", n, log.String())
	}
}
