package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vega/daemon/config"
	"vega/daemon/config/diag"
)

// checkPermissions reports files that vega can't use, or that others can.
func checkPermissions(_ context.Context, h *host) []Finding {
	c := h.usable()
	if c == nil {
		return noConfiguration()
	}
	if !modesTell {
		return []Finding{skipped("the modes of files mean nothing on this system")}
	}
	p := permissions{h: h, c: c, seen: map[string]bool{}}
	p.dataDir()
	p.contents()
	p.inputs()
	p.root()
	if h.account.uid == ownAccount().uid { // the warnings are about this user
		p.found = append(p.found, h.diagnosed(diag.Writable, diag.OpenFile)...)
	}
	if p.unseen != "" {
		p.found = append(p.found, unknown(fmt.Sprintf("%s is not for this user, %s", p.unseen, ownAccount().name), h.asRoot()))
	}
	return orOK(p.found, ok("vega runs as %s, can use its files in %s, and no one else can write them", h.account.name, c.DataDir))
}

// permissions gathers the findings about files.
type permissions struct {
	h      *host
	c      *config.Config
	found  []Finding
	seen   map[string]bool
	unseen string // the first path that this process may not look at
}

func (p *permissions) add(f Finding) { p.found = append(p.found, f) }

// can reports whether vega may use a path, and notes one that can't be looked at.
func (p *permissions) can(path string, bits uint32) bool {
	allowed, err := p.h.account.may(path, bits)
	if errors.Is(err, fs.ErrPermission) && p.unseen == "" {
		p.unseen = path
	}
	return allowed || err != nil
}

// dataDir checks the directory that vega writes to, or is to create.
func (p *permissions) dataDir() {
	dir, user := p.c.DataDir, p.h.account.name
	if missing(dir) {
		if above := existing(dir); !p.can(above, writable|searchable) {
			p.add(failure(fmt.Sprintf("data_dir %s does not exist, and %s may not create it in %s", dir, user, above), fmt.Sprintf("run: install -d -o %s -m 700 %s; or set data_dir to another directory", user, quoted(dir))))
		}
		return
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		p.unseen = cmp.Or(p.unseen, dir)
	case err != nil:
		p.add(failure(fmt.Sprintf("data_dir can't be used: %v", err), "set data_dir to a directory"))
	case !info.IsDir():
		p.add(failure(fmt.Sprintf("data_dir %s is not a directory", dir), "set data_dir to a directory"))
	case !p.can(dir, readable|writable|searchable):
		_, owner := owner(info)
		p.add(failure(fmt.Sprintf("data_dir %s belongs to %s and has mode %04o, so vega, which runs as %s, can't write to it", dir, owner, info.Mode().Perm(), user), "run: chown -R "+user+" "+quoted(dir)))
	case info.Mode().Perm()&0o022 != 0:
		p.add(failure(fmt.Sprintf("data_dir %s has mode %04o, so other users can replace the database and the code of plugins", dir, info.Mode().Perm()), "run: chmod 700 "+quoted(dir)))
	}
}

// mostEntries limits how many files of a directory are looked at.
const mostEntries = 2000

// contents checks the files in the data directory, its cache, and that of the store.
func (p *permissions) contents() {
	dirs := []string{p.c.DataDir, filepath.Join(p.c.DataDir, "cache"), filepath.Dir(storePath(p.c))}
	var foreign, open []string
	for n, dir := range dirs {
		if slices.Index(dirs, dir) < n {
			continue
		}
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrPermission) && p.unseen == "" {
			p.unseen = dir
		}
		for _, e := range entries[:min(len(entries), mostEntries)] {
			path := filepath.Join(dir, e.Name())
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() && !info.IsDir() || n == 2 && !strings.HasPrefix(path, storePath(p.c)) {
				continue // gone, a link, or not vega's
			}
			bits := uint32(readable | writable)
			if info.IsDir() {
				bits |= searchable
			}
			if n != 1 && !p.can(path, bits) || n == 1 && !p.can(path, readable) {
				foreign = append(foreign, path)
			}
			if isOpen(path, info, n == 1) {
				open = append(open, path)
			}
		}
	}
	if len(foreign) > 0 {
		p.add(failure(fmt.Sprintf("vega, which runs as %s, can't use %s; such files come from a vega that ran as another user, such as root", p.h.account.name, named(foreign)), fmt.Sprintf("run: chown -R %s %s", p.h.account.name, quoted(filepath.Dir(foreign[0])))))
	}
	if len(open) > 0 {
		p.add(warning(fmt.Sprintf("other users can read or write %s", named(open)), "run: chmod -R go-rwx "+quoted(filepath.Dir(open[0]))))
	}
}

// isOpen reports whether others can write what vega stores, or read it. Compiled code,
// in the cache, is no secret. checkKeys reports api_key. With a list of access rights,
// the bits of the group say nothing.
func isOpen(path string, info fs.FileInfo, cache bool) bool {
	mode := info.Mode().Perm()
	switch {
	case mode&0o002 != 0, mode&0o020 != 0 && !hasAccessList(path):
		return true
	default:
		return mode&0o007 != 0 && !info.IsDir() && !cache && info.Name() != "api_key"
	}
}

// inputs checks the files that vega reads.
func (p *permissions) inputs() {
	env := filepath.Join(filepath.Dir(p.c.Path), "vega.env")
	read := append(slices.Clone(p.h.loaded.Inputs.Read), p.h.loaded.Inputs.Named...)
	read = append(read, p.c.Path, env, p.c.Network.CAFile)
	if t := p.c.Server.TLS; t != nil {
		read = append(read, t.CertFile, t.KeyFile)
	}
	for _, path := range read {
		if path == "" || p.seen[path] || missing(path) {
			continue
		}
		p.seen[path] = true
		if !p.can(path, readable) {
			p.add(failure(fmt.Sprintf("vega, which runs as %s, can't read %s", p.h.account.name, path), fmt.Sprintf("run: chgrp %s %[2]s && chmod g+r %[2]s; the directories above it need x", p.h.account.name, quoted(path))))
		}
	}
	if dir := p.c.Plugins.Dir; dir != "" && !missing(dir) && !p.can(dir, readable|searchable) {
		p.add(failure(fmt.Sprintf("vega, which runs as %s, can't read the directory of plugins %s", p.h.account.name, dir), "run: chmod a+rx "+quoted(dir)))
	}
	if p.h.account.uid != ownAccount().uid { // otherwise the configuration's warnings are about this user
		p.private(env, "holds secrets")
		for _, path := range slices.Sorted(maps.Keys(p.seen)) {
			p.writableByAll(path)
		}
		if t := p.c.Server.TLS; t != nil {
			p.private(t.KeyFile, "is the key of the certificate")
		}
	}
}

// private warns of a file with secrets that everyone can read, or its group, unless
// the file belongs to root and so the group is there for vega.
func (p *permissions) private(path, what string) {
	info, err := os.Stat(path)
	if err != nil {
		return
	}
	uid, _ := owner(info)
	if mode := info.Mode().Perm(); mode&0o007 != 0 || mode&0o070 != 0 && uid != 0 || mode&0o020 != 0 {
		p.add(warning(fmt.Sprintf("%s %s, and has mode %04o, so other users can read or write it", path, what, mode), fmt.Sprintf("run: chmod 640 %s, with root as owner and vega's group; or chmod 600 with vega's user", quoted(path))))
	}
}

// writableByAll warns of a file that everyone can change, or replace.
func (p *permissions) writableByAll(path string) {
	for n, at := range []string{path, filepath.Dir(path)} {
		info, err := os.Stat(at)
		if err != nil || info.Mode().Perm()&0o002 == 0 || n == 1 && info.Mode()&fs.ModeSticky != 0 {
			continue
		}
		p.add(failure(fmt.Sprintf("%s has mode %04o, so everyone on this machine can change what vega runs", at, info.Mode().Perm()), "run: chmod o-w "+quoted(at)))
		return
	}
}

// root warns of a vega that is root where that does harm: with code of others, or
// within reach of others.
func (p *permissions) root() {
	if !p.h.account.root() || !p.h.running() && p.h.loaded.Config == nil || inContainer() {
		return
	}
	if len(p.c.Plugins.Dropped) > 0 || !loopback(p.c.Server.Host) {
		p.add(warning("vega runs as root, which it never needs, and runs plugins of others or is reachable from other machines", "run it as a user of its own: useradd --system vega; chown -R vega "+quoted(p.c.DataDir)))
	}
}

// named lists up to three paths.
func named(paths []string) string {
	if len(paths) <= 3 {
		return strings.Join(paths, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(paths[:3], ", "), len(paths)-3)
}

// quoted returns a path for a shell.
func quoted(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("./_-+,:@%", r)
	}
	if path != "" && !strings.ContainsFunc(path, func(r rune) bool { return !plain(r) }) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
