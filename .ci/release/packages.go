package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/rpm"
)

// format is a format of packages.
type format struct {
	name     string
	packager nfpm.Packager
	arch     map[string]string // the names of Go's architectures
	units    string            // directory of systemd units
	scripts  func(*nfpm.Info) map[string]*string
	adjust   func(*nfpm.Info)
}

// formats lists the formats of packages.
var formats = []format{
	{
		name: "deb", packager: deb.Default, units: "/lib/systemd/system", // where older releases of Debian and Ubuntu look for them
		arch: map[string]string{"amd64": "amd64", "arm64": "arm64"},
		scripts: func(i *nfpm.Info) map[string]*string {
			return map[string]*string{"postinst": &i.Scripts.PostInstall, "prerm": &i.Scripts.PreRemove, "postrm": &i.Scripts.PostRemove}
		},
		adjust: func(i *nfpm.Info) {
			i.Release = "1"
			i.Depends = []string{"passwd"}
			i.Recommends = []string{"ca-certificates"}
			i.Deb.Compression = "gzip"
		},
	},
	{
		name: "rpm", packager: rpm.DefaultRPM, units: "/usr/lib/systemd/system",
		arch: map[string]string{"amd64": "x86_64", "arm64": "aarch64"},
		scripts: func(i *nfpm.Info) map[string]*string {
			return map[string]*string{
				"pre": &i.Scripts.PreInstall, "post": &i.Scripts.PostInstall, "preun": &i.Scripts.PreRemove, "postun": &i.Scripts.PostRemove,
				"posttrans": &i.RPM.Scripts.PostTrans,
			}
		},
		adjust: func(i *nfpm.Info) {
			i.Release = "1"
			i.Depends = []string{"/usr/sbin/useradd", "/usr/sbin/groupadd"}
			i.Recommends = []string{"ca-certificates"}
			i.RPM.Compression = "gzip"
			i.RPM.Summary = summary
			i.License = "Apache-2.0"
			i.RPM.BuildHost = "vega"
		},
	},
}

const (
	summary = "health checks in a sandbox, and alerts"
	about   = `vega monitors the dependencies of a service and tells which one is down, and
why. Every check is a WebAssembly probe in a sandbox: it has a deadline and a
memory limit, reaches only the targets that it was granted, and never sees
secrets. One incident is one message, to a chat, a pager or by mail.`
	maintainer = "The vega authors <maintainers@vega.invalid>"
)

// packages builds the packages of each Linux platform.
func packages(_ context.Context, r *release) error {
	for _, f := range formats {
		for _, p := range r.Platforms {
			if p.OS != "linux" {
				continue
			}
			if err := r.pack(f, p); err != nil {
				return fmt.Errorf("the %s for %s: %w", f.name, p, err)
			}
		}
	}
	return nil
}

// pack builds one package.
func (r *release) pack(f format, p platform) error {
	dir := filepath.Join(r.Work, f.name+"_"+p.Arch)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	info := &nfpm.Info{
		Name: "vega", Arch: f.arch[p.Arch], Platform: "linux", Version: r.Version, VersionSchema: "semver",
		Section: "net", Priority: "optional", Maintainer: maintainer,
		Description: summary + "\n" + about, DisableGlobbing: true, MTime: r.Date,
	}
	f.adjust(info)
	if err := r.addScripts(f, info, dir); err != nil {
		return err
	}
	var err error
	if info.Contents, err = r.contents(f, p, dir); err != nil {
		return err
	}
	if err := nfpm.PrepareForPackager(nfpm.WithDefaults(info), f.name); err != nil {
		return err
	}
	return create(filepath.Join(r.Out, f.packager.ConventionalFileName(info)), func(w io.Writer) error {
		return f.packager.Package(info, w)
	})
}

// addScripts writes the maintainer scripts, each with the functions that they share.
func (r *release) addScripts(f format, info *nfpm.Info, dir string) error {
	shared, err := os.ReadFile(r.source("scripts/functions"))
	if err != nil {
		return err
	}
	for name, path := range f.scripts(info) {
		own, err := os.ReadFile(r.source("scripts/" + f.name + "." + name))
		if err != nil {
			return err
		}
		*path = filepath.Join(dir, name)
		text := bytes.Join([][]byte{[]byte("#!/bin/sh\nset -e\n"), shared, own}, []byte("\n"))
		if err := os.WriteFile(*path, text, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// source returns the path of a file of daemon/packaging.
func (r *release) source(name string) string {
	return filepath.Join(r.Tree, "daemon", "packaging", filepath.FromSlash(name))
}
