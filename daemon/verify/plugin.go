package verify

import (
	"context"
	"crypto/sha256"
	_ "embed" // module.wasm
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

// module is a plugin whose probe is always healthy, made from module.wat and
// plugin.hcl.
//
//go:embed module.wasm
var module []byte

const (
	pluginTimeout = 20 * time.Second // the daemon scans the directory four times a second
	pollEvery     = 100 * time.Millisecond
	// absenceTime is how long a module must stay unlisted if it is removed before
	// it was seen loaded, because the daemon may be about to load it.
	absenceTime = 1500 * time.Millisecond
)

// plugin is the part of /admin/plugins that is checked.
type plugin struct {
	File   string `json:"file"`
	Digest string `json:"digest"`
	State  string `json:"state"`
	Reason string `json:"reason"`
}

// dropIn checks that a module in the plugin directory is loaded, and unloaded
// when its file is removed.
func dropIn(ctx context.Context, s *session) (string, error) {
	if err := s.configInForce(ctx); err != nil {
		return "", err
	}
	if err := s.localData(ctx); err != nil {
		return "", skip("no plugin can be added from here: %v", err)
	}
	sweepModules(s.Local.Plugins)
	file := filepath.Join(s.Local.Plugins, s.tag+".wasm")
	s.tidyCache() // registered first, so it runs last
	remove, err := s.drop(file)
	if err != nil {
		return "", err
	}
	began := time.Now()
	if err := s.waitForPlugin(ctx, file, (*plugin).isServing); err != nil {
		return "", err
	}
	in := time.Since(began)
	remove.absentFor = 0 // the module was seen loaded
	began = time.Now()
	if err := remove.do(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("loaded after %v, unloaded after %v", in.Round(time.Millisecond), time.Since(began).Round(time.Millisecond)), nil
}

// drop writes the module to a file that does not exist yet, and creates its
// directory if needed.
func (s *session) drop(file string) (*removal, error) {
	dir := filepath.Dir(file)
	switch err := os.Mkdir(dir, 0o755); {
	case err == nil:
		s.cleanup(func(context.Context) error { return ignoreMissing(os.Remove(dir)) })
	case !errors.Is(err, fs.ErrExist):
		return nil, unwritable(dir, err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, unwritable(dir, err)
	}
	w := &removal{session: s, file: file, absentFor: absenceTime}
	s.cleanup(w.do)
	_, err = f.Write(module)
	return w, errors.Join(err, f.Close())
}

// removal removes a module and waits until the daemon has unloaded it.
type removal struct {
	*session
	file      string
	absentFor time.Duration // how long the module must stay unlisted
	done      bool
}

func (w *removal) do(ctx context.Context) error {
	if w.done {
		return nil
	}
	if err := ignoreMissing(os.Remove(w.file)); err != nil {
		return err
	}
	began := time.Now()
	err := w.waitForPlugin(ctx, w.file, func(p *plugin) (bool, error) {
		if p != nil {
			began = time.Now()
		}
		return p == nil && time.Since(began) >= w.absentFor, nil
	})
	w.done = err == nil
	return err
}

// unwritable returns a reason to skip if this user may not write.
func unwritable(dir string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return skip("this user can't write to %s: %v", dir, err)
	}
	return &failure{expected: "plugins.dir to be a writable directory", seen: err.Error(), fix: "make " + dir + " a directory"}
}

// ignoreMissing returns err, or nil if err reports a missing file.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// waitForPlugin polls the plugin of a file until done reports true or an error.
func (s *session) waitForPlugin(ctx context.Context, file string, done func(*plugin) (bool, error)) error {
	for end := time.Now().Add(pluginTimeout); ; {
		p, err := s.pluginOf(ctx, file)
		if err != nil {
			return err
		}
		if ok, err := done(p); ok || err != nil {
			return err
		}
		if time.Now().After(end) {
			return &failure{expected: fmt.Sprintf("%s to be loaded, and unloaded after its removal, within %v each", file, pluginTimeout), seen: p.String()}
		}
		if err := wait(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// pluginOf returns the plugin of a file, nil if none is listed.
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

// isServing reports whether the module is loaded. While another verification has
// its module loaded, this one is refused and has to wait.
func (p *plugin) isServing() (bool, error) {
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

// String describes the plugin.
func (p *plugin) String() string {
	if p == nil {
		return "no such plugin"
	}
	return clip(fmt.Sprintf("state %s, digest %s: %s", p.State, p.Digest, p.Reason))
}

// sweepModules removes what a killed verification left behind, as far as this user
// may.
func sweepModules(dir string) {
	files, err := filepath.Glob(filepath.Join(dir, name+"-*.wasm"))
	if err != nil {
		return
	}
	for _, file := range files {
		if info, err := os.Lstat(file); err == nil && time.Since(info.ModTime()).Abs() > abandoned {
			_ = os.Remove(file)
		}
	}
}
