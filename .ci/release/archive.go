package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// entry is a file or directory of an archive.
type entry struct {
	name   string // with slashes; a directory's ends with one
	source string // path of the content; "" if text is the content
	text   []byte
	mode   fs.FileMode
	owner  int // user and group
}

// open returns the content and its size.
func (e entry) open() (io.ReadCloser, int64, error) {
	if e.source == "" {
		return io.NopCloser(strings.NewReader(string(e.text))), int64(len(e.text)), nil
	}
	f, err := os.Open(e.source)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// archives packs an archive for each platform: ZIP for Windows, tar for the others.
func archives(_ context.Context, r *release) error {
	for _, p := range r.Platforms {
		name := r.name(p.OS + "_" + p.Arch)
		entries, err := r.archiveEntries(p, name+"/")
		if err != nil {
			return err
		}
		if p.OS == "windows" {
			err = create(filepath.Join(r.Out, name+".zip"), func(w io.Writer) error { return writeZip(w, r.Date, entries) })
		} else {
			err = create(filepath.Join(r.Out, name+".tar.gz"), func(w io.Writer) error { return writeTarGzip(w, r.Date, entries) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// name returns the name of a file of the release, without its extension.
func (r *release) name(rest string) string { return "vega_" + r.Version + "_" + rest }

// archiveEntries lists what is in the archive of a platform.
func (r *release) archiveEntries(p platform, top string) ([]entry, error) {
	entries := []entry{
		{name: top + p.binary(), source: r.Binaries[p], mode: 0o755},
		{name: top + "LICENSE", source: filepath.Join(r.Tree, "LICENSE"), mode: 0o644},
		{name: top + "README.md", source: filepath.Join(r.Tree, "README.md"), mode: 0o644},
		{name: top + "THIRD_PARTY_LICENSES", source: r.Licenses, mode: 0o644},
		{name: top + "CHANGELOG.md", source: filepath.Join(r.Tree, "daemon", "CHANGELOG.md"), mode: 0o644},
	}
	if p.OS == "windows" {
		return entries, nil
	}
	documents, err := directory(r.Documents, top)
	if err != nil || p.OS != "linux" {
		return append(entries, documents...), err
	}
	for _, name := range []string{"vega.service", "vega.hcl", "vega.env", "kubernetes.yaml"} {
		entries = append(entries, entry{name: top + "packaging/" + name, source: r.source(name), mode: 0o644})
	}
	for _, e := range r.telemetry() {
		e.name = top + "telemetry/" + e.name
		entries = append(entries, e)
	}
	return append(entries, documents...), nil
}

// telemetry lists the files for Prometheus and Grafana.
func (r *release) telemetry() (all []entry) {
	dir := filepath.Join(r.Tree, "daemon", "telemetry", "shipped")
	for _, name := range []string{"rules.yml", "grafana/overview.json", "grafana/integration.json", "grafana/daemon.json"} {
		all = append(all, entry{name: name, source: filepath.Join(dir, filepath.FromSlash(name)), mode: 0o644})
	}
	return all
}

// directory lists the files in a directory, and those below it, in order.
func directory(dir, top string) ([]entry, error) {
	var all []entry
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		all = append(all, entry{name: top + filepath.ToSlash(rel), source: path, mode: 0o644})
		return err
	})
	return all, err
}

// create writes a new file.
func create(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// writeTarGzip writes a compressed tar archive.
func writeTarGzip(w io.Writer, date time.Time, entries []entry) error {
	out := gzip.NewWriter(w)
	return errors.Join(writeTar(out, date, entries), out.Close())
}

// writeTar writes a tar archive. Every file has the same time.
func writeTar(w io.Writer, date time.Time, entries []entry) error {
	out := tar.NewWriter(w)
	for _, e := range entries {
		if err := writeTarEntry(out, date, e); err != nil {
			return err
		}
	}
	return out.Close()
}

func writeTarEntry(out *tar.Writer, date time.Time, e entry) error {
	h := &tar.Header{Name: e.name, Mode: int64(e.mode.Perm()), ModTime: date, Uid: e.owner, Gid: e.owner, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if e.mode&fs.ModeSticky != 0 {
		h.Mode |= 0o1000
	}
	if strings.HasSuffix(e.name, "/") {
		h.Typeflag = tar.TypeDir
		return out.WriteHeader(h)
	}
	in, size, err := e.open()
	if err != nil {
		return err
	}
	defer in.Close()
	h.Size = size
	if err := out.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}

// writeZip writes a ZIP archive. Every file has the same time.
func writeZip(w io.Writer, date time.Time, entries []entry) error {
	out := zip.NewWriter(w)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: date}
		h.SetMode(e.mode)
		to, err := out.CreateHeader(h)
		if err != nil {
			return err
		}
		in, _, err := e.open()
		if err != nil {
			return err
		}
		_, err = io.Copy(to, in)
		if err := errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return out.Close()
}
