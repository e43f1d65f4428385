package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	nfpmfiles "github.com/goreleaser/nfpm/v2/files"
)

// contents collects the files of a package.
type contents struct {
	date  time.Time
	dir   string // for files that are made here
	files nfpmfiles.Contents
	err   error // the first one
}

// add adds a file.
func (c *contents) add(source, destination, kind, group string, mode fs.FileMode) {
	c.files = append(c.files, &nfpmfiles.Content{
		Source: source, Destination: destination, Type: kind,
		FileInfo: &nfpmfiles.ContentFileInfo{Owner: "root", Group: group, Mode: mode, MTime: c.date},
	})
}

// file adds a file that everyone may read.
func (c *contents) file(source, destination string) {
	c.add(source, destination, nfpmfiles.TypeFile, "root", 0o644)
}

// directory adds an empty directory.
func (c *contents) directory(destination, owner, group string, mode fs.FileMode) {
	c.files = append(c.files, &nfpmfiles.Content{
		Destination: destination, Type: nfpmfiles.TypeDir,
		FileInfo: &nfpmfiles.ContentFileInfo{Owner: owner, Group: group, Mode: mode, MTime: c.date},
	})
}

// compressed adds a file with this text, compressed.
func (c *contents) compressed(text []byte, destination string) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	source := filepath.Join(c.dir, strings.ReplaceAll(strings.Trim(destination, "/"), "/", "-"))
	if err == nil {
		err = os.WriteFile(source, out.Bytes(), 0o644)
	}
	c.note(err)
	c.file(source, destination)
}

// read returns the content of a file.
func (c *contents) read(path string) []byte {
	text, err := os.ReadFile(path)
	c.note(err)
	return text
}

// note keeps the first error.
func (c *contents) note(err error) {
	if c.err == nil {
		c.err = err
	}
}

// contents returns the files of a package.
func (r *release) contents(f format, p platform, dir string) (nfpmfiles.Contents, error) {
	c := &contents{date: r.Date, dir: dir}
	c.add(r.Binaries[p], "/usr/bin/vega", nfpmfiles.TypeFile, "root", 0o755)
	c.file(r.source("vega.service"), f.units+"/vega.service")
	c.file(r.source("60-vega.conf"), "/usr/lib/sysctl.d/60-vega.conf")
	c.directory("/etc/vega", "root", "vega", 0o750)
	c.directory("/etc/vega/plugins", "root", "vega", 0o750)
	c.add(r.source("vega.hcl"), "/etc/vega/vega.hcl", nfpmfiles.TypeConfigNoReplace, "vega", 0o640)
	c.add(r.source("vega.env"), "/etc/vega/vega.env", nfpmfiles.TypeConfigNoReplace, "vega", 0o640)
	c.directory("/var/lib/vega", "vega", "vega", 0o700)
	r.addDocuments(c, f)
	return c.files, c.err
}

// addDocuments adds manual pages, completion scripts and what belongs in
// /usr/share/doc.
func (r *release) addDocuments(c *contents, f format) {
	pages, err := os.ReadDir(filepath.Join(r.Documents, "man"))
	c.note(err)
	for _, page := range pages {
		c.compressed(c.read(filepath.Join(r.Documents, "man", page.Name())), "/usr/share/man/man1/"+page.Name()+".gz")
	}
	zsh := "/usr/share/zsh/vendor-completions/_vega"
	if f.name == "rpm" {
		zsh = "/usr/share/zsh/site-functions/_vega"
	}
	completion := filepath.Join(r.Documents, "completion")
	c.file(filepath.Join(completion, "vega.bash"), "/usr/share/bash-completion/completions/vega")
	c.file(filepath.Join(completion, "_vega"), zsh)
	c.file(filepath.Join(completion, "vega.fish"), "/usr/share/fish/vendor_completions.d/vega.fish")

	for _, e := range r.telemetry() {
		c.file(e.source, "/usr/share/vega/"+e.name)
	}
	const doc = "/usr/share/doc/vega/"
	for _, name := range []string{"proxies/nginx.conf", "proxies/Caddyfile", "kubernetes.yaml"} {
		c.file(r.source(name), doc+"examples/"+path.Base(name))
	}
	c.compressed(c.read(filepath.Join(r.Tree, "daemon", "CHANGELOG.md")), doc+"NEWS.md.gz")
	if f.name == "rpm" {
		c.add(filepath.Join(r.Tree, "LICENSE"), "/usr/share/licenses/vega/LICENSE", nfpmfiles.TypeRPMLicense, "root", 0o644)
		return
	}
	c.file(r.source("copyright"), doc+"copyright")
	c.file(r.source("lintian-overrides"), "/usr/share/lintian/overrides/vega")
	c.compressed(fmt.Appendf(nil, "vega (%s) stable; urgency=medium\n\n  * Release %s; see NEWS.md.gz.\n\n -- %s  %s\n",
		debianVersion(r.Version), r.Version, maintainer, r.Date.Format(time.RFC1123Z)), doc+"changelog.Debian.gz")
}

// debianVersion returns a version as dpkg writes it: 1.2.3~rc.1 sorts before 1.2.3.
func debianVersion(version string) string { return strings.Replace(version, "-", "~", 1) + "-1" }
