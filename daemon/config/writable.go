package config

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vega/daemon/config/diag"
	"vega/daemon/config/input"
)

// keeper finds configuration files that other accounts can write. An account
// that can write or replace one decides what vega runs.
type keeper struct {
	d        crossChecks
	reported map[string]bool
}

// writableFiles warns of write access to vega.hcl, the policies, the plugins,
// the files that file() names, and the directories above them.
func (d crossChecks) writableFiles(c *Config) {
	if d.ev.Variables().Elsewhere() || !input.ModesTell { // vega runs elsewhere, or file modes are meaningless here
		return
	}
	k := keeper{d, map[string]bool{}}
	head := d.in.Files[0].Span(0, 0)
	k.all(filepath.Join(d.in.Dir(), "policies"), head) // before its files, for which it is a directory above
	for _, path := range d.in.Summary().Read {
		k.all(path, head)
	}
	for _, path := range d.in.Targets() {
		k.all(path, head)
	}
	if env := d.in.Environment(); env != nil {
		k.all(filepath.Join(env.Dir, input.EnvFile), env.Span(0, 0))
	}
	if c.Plugins.Dir != "" {
		at := d.root.Block("plugins").Place("dir")
		k.all(c.Plugins.Dir, at)
		for _, f := range d.modules {
			if f.File != "" {
				k.itself(f.File, at)
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(d.ev.Notes.Named)) {
		if _, secret := d.ev.Notes.Secrets[path]; !secret { // openFile reports those
			k.all(path, d.ev.Notes.Named[path])
		}
	}
}

// all checks a file or directory and the directories above it, both as named
// and with links resolved.
func (k *keeper) all(path string, at diag.Place) {
	k.itself(path, at)
	k.above(path, at)
	if led, err := filepath.EvalSymlinks(path); err == nil && led != path {
		k.above(led, at)
	}
}

// itself checks the file or directory at a path.
func (k *keeper) itself(path string, at diag.Place) {
	c := k.d.in.Custody(path)
	what := "change it, and so control vega"
	if c.Mode.IsDir() {
		what = "add files there, which vega loads"
	}
	k.warn(path, at, c, what)
}

// above checks the directories above a path, because an account that can write
// to one can replace what is below. In a sticky one, such as /tmp, only the
// owner can replace a file, but anyone can create a missing one.
func (k *keeper) above(path string, at diag.Place) {
	for dir := filepath.Dir(path); dir != path; path, dir = dir, filepath.Dir(dir) {
		c := k.d.in.Custody(dir)
		if c.Mode&fs.ModeSticky != 0 && c.Who.Owner == "" {
			if _, err := os.Lstat(path); err != nil {
				k.vacant(path, dir, at, c)
			}
			continue
		}
		k.warn(dir, at, c, "replace what vega reads from it")
	}
}

func (k *keeper) warn(path string, at diag.Place, c input.Custody, what string) {
	if c.Who.None() || k.reported[path] {
		return
	}
	k.reported[path] = true
	shown := k.d.fromHere(path)
	has := fmt.Sprintf("has mode %04o", c.Mode.Perm())
	if !c.Who.All && c.Who.Owner != "" {
		has = "belongs to another user"
	}
	k.d.out.Warn(diag.Writable, at, fmt.Sprintf("%s %s, so %s can %s.", shown, has, c.Who, what), "run: "+remedy(c.Who, quoted(shown)))
}

// vacant warns of a missing file that others can create.
func (k *keeper) vacant(path, dir string, at diag.Place, c input.Custody) {
	if c.Who.None() || k.reported[path] {
		return
	}
	k.reported[path] = true
	shown := k.d.fromHere(path)
	k.d.out.Warn(diag.Writable, at, fmt.Sprintf("%s does not exist, but %s can create it in %s, and vega would load its contents.", shown, c.Who, k.d.fromHere(dir)),
		"run: mkdir -m 755 "+quoted(shown)+"; or keep vega's files in a directory of their own")
}

// remedy returns the command that removes the write access.
func remedy(w input.Writers, path string) string {
	switch {
	case w.All && w.Group != "":
		return "chmod go-w " + path
	case w.All:
		return "chmod o-w " + path
	case w.Owner != "":
		return "chown root " + path
	default:
		return "chmod g-w " + path
	}
}

// openFiles warns of files with secrets that others can read.
func (d crossChecks) openFiles(c *Config) {
	for _, f := range d.in.Sources() {
		if at, ok := d.facts.plain[f]; ok {
			d.openFile(f.Name, at, "contains secrets")
		}
	}
	if env := d.in.Environment(); env != nil {
		d.openFile(env.Name, env.Span(0, 0), "holds secrets")
	}
	for _, path := range slices.Sorted(maps.Keys(d.ev.Notes.Secrets)) {
		d.openFile(path, d.ev.Notes.Secrets[path], "is read as a secret")
	}
	if t := d.root.Block("server").Block("tls").Slot("key_file"); t != nil && c.Server.TLS != nil {
		d.openFile(c.Server.TLS.KeyFile, t.Expr.At, "is the private key of the certificate")
	}
	if len(c.Server.Keys) == 0 && c.DataDir != "" {
		d.ownKey(filepath.Join(c.DataDir, "api_key"))
	}
}

// openFile warns if accounts other than the owner can read a file. A file owned
// by root may be group-readable, so that vega can read it.
func (d crossChecks) openFile(path string, at diag.Place, what string) {
	mode, root := d.in.Mode(path)
	others, group := mode&0o006 != 0, mode&0o060 != 0 && !root
	who, remove := "", ""
	switch {
	case others && group:
		who, remove = "everyone on this machine", "go"
	case others:
		who, remove = "everyone on this machine", "o"
	case group:
		who, remove = "everyone in its group", "g"
	default:
		return
	}
	shown := d.fromHere(path)
	d.out.Warn(diag.OpenFile, at, fmt.Sprintf("%s %s, and its mode %04o lets %s read it.", shown, what, mode.Perm(), who),
		fmt.Sprintf("run: chmod %s-rwx %s", remove, quoted(shown)))
}

// ownKey warns of a generated API key that the daemon will refuse to use,
// because others may have read it.
func (d crossChecks) ownKey(path string) {
	mode, _ := d.in.Mode(path)
	if mode&0o077 == 0 {
		return
	}
	s, shown := d.root.Block("server"), d.fromHere(path)
	d.out.Warn(diag.OpenFile, s.Head, fmt.Sprintf("The API key file %s has mode %04o. Others may have read the key, so vega refuses to start with it.", shown, mode.Perm()),
		fmt.Sprintf("run: rm %s, and vega generates a new one; or, if nobody read it, chmod 600 %s", quoted(shown), quoted(shown)))
}

// fromHere returns a path as it can be typed in the directory that vega.hcl was
// named from.
func (d crossChecks) fromHere(path string) string {
	if rel, err := filepath.Rel(d.in.Dir(), path); err == nil && filepath.IsAbs(path) && filepath.IsLocal(rel) {
		return filepath.Join(filepath.Dir(d.in.Files[0].Name), rel)
	}
	return path
}

// quoted returns a path quoted for a shell.
func quoted(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("./_-+,:@%", r))
	}) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return cmp.Or(path, "''")
}
