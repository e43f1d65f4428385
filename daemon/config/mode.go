package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vega/daemon/config/diag"
)

// openFiles warns of files with secrets in them that others can read.
func (d *decoder) openFiles(c *Config) {
	for _, f := range d.sources.files {
		if at, ok := d.whole.plain[f]; ok {
			d.openFile(f.Name, at, "has secrets in it")
		}
	}
	for _, path := range slices.Sorted(maps.Keys(d.whole.read)) {
		d.openFile(path, d.whole.read[path], "is read as a secret")
	}
	if t := d.root.block("server").block("tls").slot("key_file"); t != nil && c.Server.TLS != nil {
		d.openFile(c.Server.TLS.KeyFile, t.expr.At, "is the private key of the certificate")
	}
	if len(c.Server.Keys) == 0 && c.DataDir != "" {
		d.ownKey(filepath.Join(c.DataDir, "api_key"))
	}
}

// openFile warns if others than its owner can use a file. A file of root's may
// be readable for its group: that is how vega gets to read it.
func (d *decoder) openFile(path string, at diag.Place, what string) {
	mode, root := d.mode(path)
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
	d.out.Warn(diag.OpenFile, at, fmt.Sprintf("%s %s, and its mode, %04o, lets %s read it.", shown, what, mode.Perm(), who),
		fmt.Sprintf("run: chmod %s-rwx %s", remove, quoted(shown)))
}

// ownKey warns of the API key that vega made itself if it will be refused at
// the start, for what others may have read is none any more.
func (d *decoder) ownKey(path string) {
	mode, _ := d.mode(path)
	if mode&0o077 == 0 {
		return
	}
	s, shown := d.root.block("server"), d.fromHere(path)
	d.out.Warn(diag.OpenFile, s.head, fmt.Sprintf("The API key in %s has the mode %04o: others may have read it, and vega does not start with it.", shown, mode.Perm()),
		fmt.Sprintf("run: rm %s, and vega makes another; or, if nobody did, chmod 600 %s", quoted(shown), quoted(shown)))
}

// modeError carries a file's mode through once.
type modeError struct {
	mode fs.FileMode
	root bool
}

// Error is for the interface's sake.
func (e *modeError) Error() string { return e.mode.String() }

// mode is the mode of a regular file, and whether root owns it; 0 for what is
// none, and on systems whose modes don't say who can read a file.
func (d *decoder) mode(path string) (fs.FileMode, bool) {
	err := d.once("mode "+path, func() error {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || !modesTell {
			return nil //nolint:nilerr // whether it is there is judged elsewhere
		}
		return &modeError{info.Mode(), ownedByRoot(info)}
	})
	var m *modeError
	if !errors.As(err, &m) {
		return 0, false
	}
	return m.mode, m.root
}

// fromHere is a path as it can be typed where vega.hcl was named.
func (d *decoder) fromHere(path string) string {
	if rel, err := filepath.Rel(d.dir, path); err == nil && filepath.IsAbs(path) && filepath.IsLocal(rel) {
		return filepath.Join(filepath.Dir(d.sources.files[0].Name), rel)
	}
	return path
}

// quoted is a path for a shell.
func quoted(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("./_-+,:@%", r))
	}) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return cmp.Or(path, "''")
}
