//go:build unix

package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

// TestWritable checks what is reported about files that others can write.
func TestWritable(t *testing.T) {
	wasm, err := manifest.Pack([]byte("\x00asm\x01\x00\x00\x00"), &manifest.Manifest{ABI: manifest.V1, Name: "mine", Version: "1", Probes: []manifest.Probe{{Name: "p"}}})
	if err != nil {
		t.Fatal(err)
	}
	chmod := func(path string, mode os.FileMode) func(string) error {
		return func(dir string) error { return os.Chmod(filepath.Join(dir, path), mode) }
	}
	chown := func(path string, uid, gid int) func(string) error {
		return func(dir string) error { return os.Chown(filepath.Join(dir, path), uid, gid) }
	}
	remove := func(path string) func(string) error {
		return func(dir string) error { return os.RemoveAll(filepath.Join(dir, path)) }
	}
	both := func(all ...func(string) error) func(string) error {
		return func(dir string) error {
			for _, do := range all {
				if err := do(dir); err != nil {
					return err
				}
			}
			return nil
		}
	}
	o := options(t, nil)
	o.Scan = nil                                        // the directory itself
	const daemonUser, unknown, nobody = 1, 54321, 65534 // "daemon" is on every unix
	ofNobody := []string{"the user nobody can add files there, which vega loads.|run: chown root plugins"}
	if ids, err := os.ReadFile("/proc/self/uid_map"); err == nil && !strings.Contains(string(ids), "4294967295") { // nobody is every user unknown in this namespace
		ofNobody = nil
	}
	for _, c := range []struct {
		name string
		do   func(dir string) error // applied to up/vega, which only vega's user can access
		root bool                   // only root can do it
		want []string               // the fixes, and parts of the messages
	}{
		{"nothing", nil, false, nil},
		{"plugins", chmod("plugins", 0o777), false, []string{"plugins has mode 0777, so everyone on this machine can add files there, which vega loads.|run: chmod o-w plugins"}},
		{"plugins, sticky", chmod("plugins", 0o777|os.ModeSticky), false, []string{"add files there, which vega loads.|run: chmod o-w plugins"}},
		{"plugins of the own group", chmod("plugins", 0o775), false, nil},
		{"plugins of another group", both(chown("plugins", -1, daemonUser), chmod("plugins", 0o775)), true, []string{"everyone in the group daemon can add files there, which vega loads.|run: chmod g-w plugins"}},
		{"plugins of a group of nobody's", both(chown("plugins", -1, unknown), chmod("plugins", 0o775)), true, nil},
		{"plugins of all and a group", both(chown("plugins", -1, daemonUser), chmod("plugins", 0o777)), true, []string{"everyone on this machine|run: chmod go-w plugins"}},
		{"plugins of another user", chown("plugins", daemonUser, -1), true, []string{"plugins belongs to another user, so the user daemon can add files there, which vega loads.|run: chown root plugins"}},
		{"plugins of a container's host", chown("plugins", unknown, -1), true, nil},
		{"plugins of nobody", chown("plugins", nobody, nobody), true, ofNobody},
		{"a module", chmod("plugins/mine.wasm", 0o666), false, []string{"plugins/mine.wasm has mode 0666, so everyone on this machine can change it, and so control vega.|run: chmod o-w plugins/mine.wasm"}},
		{"policies", chmod("policies", 0o777), false, []string{"add files there, which vega loads.|run: chmod o-w policies"}},
		{"a policy", chmod("policies/it's.hcl", 0o666), false, []string{"can change it, and so control vega.|run: chmod o-w 'policies/it'\\''s.hcl'"}},
		{"vega.hcl", chmod("vega.hcl", 0o646), false, []string{"can change it, and so control vega.|run: chmod o-w vega.hcl"}},
		{"what file() names", chmod("level", 0o666), false, []string{"can change it, and so control vega.|run: chmod o-w level"}},
		{"the directory", chmod(".", 0o777), false, []string{"replace what vega reads from it|run: chmod o-w ."}},
		{"above it", chmod("..", 0o777), false, []string{"replace what vega reads from it|run: chmod o-w UP"}},
		{"above it, sticky", chmod("..", 0o777|os.ModeSticky), false, nil},
		{"the directory, sticky", chmod(".", 0o777|os.ModeSticky), false, nil},
		{
			"the directory, sticky, and nothing in it", both(remove("plugins"), remove("policies"), chmod(".", 0o777|os.ModeSticky)), false,
			[]string{"plugins does not exist, but everyone on this machine can create it in .|run: mkdir -m 755 plugins; or", "policies does not exist|run: mkdir -m 755 policies; or"},
		},
		{"a link out", func(dir string) error {
			out := filepath.Join(filepath.Dir(dir), "out")
			return both(remove("plugins"), func(string) error {
				put(t, filepath.Join(out, "in", "x"), nil, 0o600)
				if err := os.Symlink(filepath.Join(out, "in"), filepath.Join(dir, "plugins")); err != nil {
					return err
				}
				return os.Chmod(out, 0o777)
			})(dir)
		}, false, []string{"replace what vega reads from it|run: chmod o-w UP/out"}},
	} {
		if c.root && os.Getuid() != 0 {
			continue
		}
		up := t.TempDir()
		dir := filepath.Join(up, "vega")
		put(t, filepath.Join(dir, "plugins", "mine.wasm"), wasm, 0o600)
		put(t, filepath.Join(dir, "policies", "it's.hcl"), nil, 0o600)
		put(t, filepath.Join(dir, "level"), []byte("info"), 0o600)
		put(t, filepath.Join(dir, "vega.hcl"), []byte("log {\n  level = file(\"level\")\n}\n"), 0o600)
		if c.do != nil {
			if err := c.do(dir); err != nil {
				t.Fatal(err)
			}
		}
		t.Chdir(dir)
		got, ds := Load("vega.hcl", o)
		if got == nil {
			t.Fatalf("%s:\n%s", c.name, shownText(t, ds))
		}
		var said []string
		for _, d := range ds {
			if d.Code != diag.Writable {
				t.Errorf("%s: %s", c.name, d.Code)
			}
			said = append(said, strings.ReplaceAll(d.Detail+"|"+d.Fix, up, "UP"))
		}
		matches := len(said) == len(c.want)
		for _, w := range c.want {
			detail, fix, _ := strings.Cut(w, "|")
			matches = matches && slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, detail) && strings.Contains(s, "|"+fix) })
		}
		if !matches {
			t.Errorf("%s: %q\nwant %q", c.name, said, c.want)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, again := got.Rebind(o); len(again) != len(ds) {
			t.Errorf("%s: Rebind looked at the disk again", c.name)
		}
	}
}

// TestWritableElsewhere checks that the modes of a checkout are ignored,
// because they differ where vega runs.
func TestWritableElsewhere(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "vega.hcl"), nil, 0o666)
	o := options(t, nil)
	o.AnyEnv = true
	if _, ds := Load(filepath.Join(dir, "vega.hcl"), o); len(ds) != 0 {
		t.Error(shownText(t, ds))
	}
}
