package verify

import (
	"context"
	"crypto/sha256"
	_ "embed" // the module to drop
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// module is a plugin whose probe is always healthy. Its source is module.wat
// and plugin.hcl. It is the same each time, so that what the daemon compiles
// of it is too.
//
//go:embed module.wasm
var module []byte

const (
	dropTime = 20 * time.Second // a daemon looks four times a second
	lookTime = 100 * time.Millisecond
	// settleTime is for a module that goes before it was seen in service: the
	// daemon may be about to take it up.
	settleTime = 1500 * time.Millisecond
)

// plugin is what is read of /admin/plugins.
type plugin struct {
	File   string `json:"file"`
	Digest string `json:"digest"`
	State  string `json:"state"`
	Reason string `json:"reason"`
}

// dropIn: a module that is put into the directory of plugins comes into
// service, and goes when its file does.
func dropIn(ctx context.Context, s *session) (string, error) {
	if err := s.settled(ctx); err != nil {
		return "", err
	}
	if err := s.here(ctx); err != nil {
		return "", skip("nothing can be dropped from here: %v", err)
	}
	sweepModules(s.Local.Plugins)
	file := filepath.Join(s.Local.Plugins, s.tag+".wasm")
	s.tidyCache() // noted first, done last
	withdraw, err := s.drop(file)
	if err != nil {
		return "", err
	}
	began := time.Now()
	if err := s.until(ctx, file, (*plugin).serves); err != nil {
		return "", err
	}
	in := time.Since(began)
	withdraw.settled = 0 // it was seen, and is seen going
	began = time.Now()
	if err := withdraw.do(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("in service after %v, gone after %v", in.Round(time.Millisecond), time.Since(began).Round(time.Millisecond)), nil
}

// drop writes the module, in a directory that is made for it where there is
// none. It never takes the place of another file.
func (s *session) drop(file string) (*withdrawal, error) {
	dir := filepath.Dir(file)
	switch err := os.Mkdir(dir, 0o755); {
	case err == nil:
		s.later(func(context.Context) error { return absent(os.Remove(dir)) })
	case !errors.Is(err, fs.ErrExist):
		return nil, unwritable(dir, err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, unwritable(dir, err)
	}
	w := &withdrawal{session: s, file: file, settled: settleTime}
	s.later(w.do)
	_, err = f.Write(module)
	return w, errors.Join(err, f.Close())
}

// withdrawal takes a module away, and waits until the daemon has seen it.
type withdrawal struct {
	*session
	file    string
	settled time.Duration // for how long it must not be listed
	done    bool
}

func (w *withdrawal) do(ctx context.Context) error {
	if w.done {
		return nil
	}
	if err := absent(os.Remove(w.file)); err != nil {
		return err
	}
	began := time.Now()
	err := w.until(ctx, w.file, func(p *plugin) (bool, error) {
		if p != nil {
			began = time.Now()
		}
		return p == nil && time.Since(began) >= w.settled, nil
	})
	w.done = err == nil
	return err
}

// unwritable is a reason to skip where this user may not write.
func unwritable(dir string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return skip("this user can't put a file into %s: %v", dir, err)
	}
	return &failure{expected: "plugins.dir to be a directory that takes files", seen: err.Error(), fix: "make " + dir + " a directory"}
}

// absent takes it that there is nothing as well.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// until asks for the plugin of a file until it is as so says, or can't be.
func (s *session) until(ctx context.Context, file string, so func(*plugin) (bool, error)) error {
	for end := time.Now().Add(dropTime); ; {
		p, err := s.pluginOf(ctx, file)
		if err != nil {
			return err
		}
		if is, err := so(p); is || err != nil {
			return err
		}
		if time.Now().After(end) {
			return &failure{expected: fmt.Sprintf("%s to come into service, and to go with its file, within %v each", file, dropTime), seen: p.String()}
		}
		if err := wait(ctx, lookTime); err != nil {
			return err
		}
	}
}

// pluginOf is that of a file, nil if none is listed.
func (s *session) pluginOf(ctx context.Context, file string) (*plugin, error) {
	var all struct {
		Plugins []plugin `json:"plugins"`
	}
	if err := s.read(ctx, "/admin/plugins", &all); err != nil {
		return nil, err
	}
	for n := range all.Plugins {
		if filepath.Base(all.Plugins[n].File) == filepath.Base(file) {
			return &all.Plugins[n], nil
		}
	}
	return nil, nil
}

// serves waits for its turn where another verification is at the same.
func (p *plugin) serves() (bool, error) {
	sum := sha256.Sum256(module)
	switch {
	case p == nil:
		return false, nil
	case p.State == "refused" && strings.Contains(p.Reason, name+"-"):
		return false, nil
	case p.State == "refused" || p.State == "loaded" && p.Digest != hex.EncodeToString(sum[:]):
		return false, &failure{expected: "the module " + hex.EncodeToString(sum[:]) + " to be loaded", seen: p.String()}
	default:
		return p.State == "loaded", nil
	}
}

// String is how it is listed.
func (p *plugin) String() string {
	if p == nil {
		return "no such plugin"
	}
	return clip(fmt.Sprintf("it is %s, with the digest %s: %s", p.State, p.Digest, p.Reason))
}

// sweepModules removes what a verification left that was killed. What this
// user may not remove stays.
func sweepModules(dir string) {
	files, err := filepath.Glob(filepath.Join(dir, name+"-*.wasm"))
	if err != nil {
		return
	}
	for _, file := range files {
		if info, err := os.Lstat(file); err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(file)
		}
	}
}
