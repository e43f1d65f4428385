package config

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"vega/daemon/config/diag"
)

// writers are who else than root and vega's own user can write something.
type writers struct {
	all   bool
	group string // "" for none
	owner string // "" for none
}

func (w writers) none() bool { return w == writers{} }

// String names them.
func (w writers) String() string {
	switch {
	case w.all:
		return "everyone on this machine"
	case w.owner != "":
		return "the user " + w.owner
	default:
		return "everyone in the group " + w.group
	}
}

// remedy is the command that takes the right to write away.
func (w writers) remedy(path string) string {
	switch {
	case w.all && w.group != "":
		return "chmod go-w " + path
	case w.all:
		return "chmod o-w " + path
	case w.owner != "":
		return "chown root " + path
	default:
		return "chmod g-w " + path
	}
}

// custody is what a path leads to, and who else can write it.
type custody struct {
	mode fs.FileMode // 0: nothing that counts
	who  writers
}

// custody looks once at a path, so that Rebind judges as Load did.
func (s *sources) custody(path string) custody {
	c, known := s.custodies[path]
	if known {
		return c
	}
	if info, err := os.Stat(path); err == nil && (info.IsDir() || info.Mode().IsRegular()) {
		if c = (custody{info.Mode(), writersOf(info)}); !c.who.none() && readOnly(path) {
			c.who = writers{}
		}
	}
	s.custodies[path] = c
	return c
}

// keeper looks for what others can write of all that a configuration is read
// from: whoever writes it, or puts another in its place, decides what vega runs.
type keeper struct {
	d    *decoder
	told map[string]bool
}

// writableFiles warns of what others can write among vega.hcl, the policies, the
// plugins and the files that file() names, and of the directories above them.
func (d *decoder) writableFiles(c *Config) {
	if d.anyEnv || !modesTell { // it runs elsewhere, or modes don't tell
		return
	}
	k := keeper{d, map[string]bool{}}
	head := d.sources.files[0].Span(0, 0)
	k.all(filepath.Join(d.dir, "policies"), head) // before the files in it, by which it is one above
	for _, f := range d.sources.files {
		k.all(filepath.Join(f.Dir, filepath.Base(f.Name)), head)
	}
	if c.Plugins.Dir != "" {
		at := d.placeOf(d.root.block("plugins"), "dir")
		k.all(c.Plugins.Dir, at)
		for _, f := range d.modules {
			if f.File != "" {
				k.itself(f.File, at)
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(d.whole.named)) {
		if _, secret := d.whole.read[path]; !secret { // else openFile tells
			k.all(path, d.whole.named[path])
		}
	}
}

// all judges a file or directory, and the directories above it, by the way that
// it is named and by the way that links lead.
func (k *keeper) all(path string, at diag.Place) {
	k.itself(path, at)
	k.above(path, at)
	if led, err := filepath.EvalSymlinks(path); err == nil && led != path {
		k.above(led, at)
	}
}

// itself judges what may be written through a path.
func (k *keeper) itself(path string, at diag.Place) {
	c := k.d.sources.custody(path)
	what := "change it, and with it what vega does"
	if c.mode.IsDir() {
		what = "add files there, and vega loads them"
	}
	k.warn(path, at, c, what)
}

// above judges the directories above a path: who can write one can put another
// in the place of what is below. In a sticky one, such as /tmp, only the owner of
// what is below can; but anyone may make what is not there.
func (k *keeper) above(path string, at diag.Place) {
	for dir := filepath.Dir(path); dir != path; path, dir = dir, filepath.Dir(dir) {
		c := k.d.sources.custody(dir)
		if c.mode&fs.ModeSticky != 0 && c.who.owner == "" {
			if _, err := os.Lstat(path); err != nil {
				k.vacant(path, dir, at, c)
			}
			continue
		}
		k.warn(dir, at, c, "replace what vega reads in it")
	}
}

func (k *keeper) warn(path string, at diag.Place, c custody, what string) {
	if c.who.none() || k.told[path] {
		return
	}
	k.told[path] = true
	shown := k.d.fromHere(path)
	has := fmt.Sprintf("has the mode %04o", c.mode.Perm())
	if !c.who.all && c.who.owner != "" {
		has = "belongs to another user"
	}
	k.d.out.Warn(diag.Writable, at, fmt.Sprintf("%s %s: %s can %s.", shown, has, c.who, what), "run: "+c.who.remedy(quoted(shown)))
}

// vacant warns of a place where others can put what vega would read.
func (k *keeper) vacant(path, dir string, at diag.Place, c custody) {
	if c.who.none() || k.told[path] {
		return
	}
	k.told[path] = true
	shown := k.d.fromHere(path)
	k.d.out.Warn(diag.Writable, at, fmt.Sprintf("There is no %s, and %s can make it in %s: what lies in it is vega's then.", shown, c.who, k.d.fromHere(dir)),
		"run: mkdir -m 755 "+quoted(shown)+"; or keep vega's files in a directory of their own")
}
