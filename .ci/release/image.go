package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// nobody is the user that the image runs as, and its group.
const nobody = 65534

// image writes the image twice: for all platforms as an archive of an OCI layout, and
// for each platform as an archive that docker load reads.
func image(_ context.Context, r *release) error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	found := false
	for _, p := range r.Platforms {
		if p.OS != "linux" {
			continue
		}
		found = true
		img, err := r.imageFor(p)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: ociPlatform(p)}})
		tag, err := name.NewTag("vega:" + r.Version)
		if err != nil {
			return err
		}
		path := filepath.Join(r.Out, r.name("image_linux_"+p.Arch+".docker.tar"))
		if err := create(path, func(w io.Writer) error { return tarball.Write(tag, img, w) }); err != nil {
			return err
		}
	}
	if !found {
		return nil
	}
	return r.writeLayout(mutate.Annotations(index, r.labels()).(v1.ImageIndex))
}

// ociPlatform returns what an image's platform is called in an index.
func ociPlatform(p platform) *v1.Platform {
	if p.Arch == "arm64" {
		return &v1.Platform{OS: p.OS, Architecture: "arm64", Variant: "v8"}
	}
	return &v1.Platform{OS: p.OS, Architecture: p.Arch}
}

// labels describes the image.
func (r *release) labels() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       "vega",
		"org.opencontainers.image.description": "Monitors a service's dependencies with sandboxed health checks",
		"org.opencontainers.image.version":     r.Version,
		"org.opencontainers.image.revision":    r.Commit,
		"org.opencontainers.image.created":     r.Date.Format(time.RFC3339),
		"org.opencontainers.image.licenses":    strings.Join(r.OwnLicenses, " AND "),
	}
}

// imageFor makes the image of a platform: the binary, and what it needs of a system.
func (r *release) imageFor(p platform) (v1.Image, error) {
	system, err := r.systemEntries()
	if err != nil {
		return nil, err
	}
	program := []entry{{name: "usr/bin/vega", source: r.Binaries[p], mode: 0o755}}
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	img = mutate.ConfigMediaType(img, types.OCIConfigJSON)
	for _, part := range []struct {
		entries []entry
		comment string
	}{{system, "configuration, root certificates, user, directories"}, {program, "vega " + r.Version}} {
		layer, err := r.layer(part.entries)
		if err != nil {
			return nil, err
		}
		img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: v1.History{
			Created: v1.Time{Time: r.Date}, CreatedBy: ".ci/release", Comment: part.comment,
		}})
		if err != nil {
			return nil, err
		}
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	as := ociPlatform(p)
	config.OS, config.Architecture, config.Variant = as.OS, as.Architecture, as.Variant
	config.Created = v1.Time{Time: r.Date}
	config.Config = r.imageConfig()
	return mutate.ConfigFile(img, config)
}

// imageConfig says how the image is run.
func (r *release) imageConfig() v1.Config {
	return v1.Config{
		Entrypoint: []string{"/usr/bin/vega"},
		Cmd:        []string{"serve"},
		// Without a home directory, which nobody does not have.
		Env:          []string{"PATH=/usr/bin", "HOME=/var/lib/vega"},
		User:         fmt.Sprintf("%d:%d", nobody, nobody),
		WorkingDir:   "/etc/vega",
		Volumes:      map[string]struct{}{"/var/lib/vega": {}},
		ExposedPorts: map[string]struct{}{"8000/tcp": {}},
		StopSignal:   "SIGTERM",
		Labels:       r.labels(),
		Healthcheck: &v1.HealthConfig{
			Test:        []string{"CMD", "/usr/bin/vega", "verify", "--only", "alive"},
			Interval:    30 * time.Second,
			Timeout:     10 * time.Second,
			StartPeriod: time.Minute,
			Retries:     3,
		},
	}
}

// systemEntries lists the files of the image that are not the binary. Go looks for
// root certificates in this file first. Time zones are part of the binary.
func (r *release) systemEntries() ([]entry, error) {
	certificates, err := roots(r.Date)
	if err != nil {
		return nil, err
	}
	const (
		passwd = "root:x:0:0:root:/:/nonexistent\nnobody:x:65534:65534:nobody:/var/lib/vega:/nonexistent\n"
		group  = "root:x:0:\nnogroup:x:65534:\n"
	)
	return []entry{
		{name: "dev/", mode: 0o755}, // mount points, so that the root can be read-only
		{name: "proc/", mode: 0o755},
		{name: "sys/", mode: 0o755},
		{name: "etc/", mode: 0o755},
		{name: "etc/group", text: []byte(group), mode: 0o644},
		{name: "etc/passwd", text: []byte(passwd), mode: 0o644},
		{name: "etc/ssl/", mode: 0o755},
		{name: "etc/ssl/certs/", mode: 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", text: certificates, mode: 0o644},
		{name: "etc/vega/", mode: 0o755},
		{name: "etc/vega/plugins/", mode: 0o755},
		{name: "etc/vega/vega.hcl", source: filepath.Join(r.Tree, ".ci", "release", "image", "vega.hcl"), mode: 0o644},
		{name: "tmp/", mode: 0o777 | fs.ModeSticky},
		{name: "usr/", mode: 0o755},
		{name: "usr/bin/", mode: 0o755},
		{name: "usr/share/", mode: 0o755},
		{name: "usr/share/doc/", mode: 0o755},
		{name: "usr/share/doc/vega/", mode: 0o755},
		{name: "usr/share/doc/vega/LICENSE", source: filepath.Join(r.Tree, "LICENSE"), mode: 0o644},
		{name: "usr/share/doc/vega/THIRD_PARTY_LICENSES", source: r.Licenses, mode: 0o644},
		{name: "var/", mode: 0o755},
		{name: "var/lib/", mode: 0o755},
		{name: "var/lib/vega/", mode: 0o700, owner: nobody},
	}, nil
}

// layer makes a layer of an image.
func (r *release) layer(entries []entry) (v1.Layer, error) {
	var text bytes.Buffer
	if err := writeTar(&text, r.Date, entries); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.DefaultCompression), tarball.WithCompressedCaching)
}

// writeLayout writes an index and its images as a tar archive of an OCI layout.
func (r *release) writeLayout(index v1.ImageIndex) error {
	dir := filepath.Join(r.Work, "layout")
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	err = path.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": r.Version,
		"io.containerd.image.name":          "localhost/vega:" + r.Version,
	}))
	if err != nil {
		return err
	}
	written, err := path.ImageIndex()
	if err != nil {
		return err
	}
	if err := validate.Index(written); err != nil {
		return fmt.Errorf("the layout: %w", err)
	}
	entries, err := directory(dir, "")
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return errors.New("the layout is empty")
	}
	return create(filepath.Join(r.Out, r.name("image.oci.tar")), func(w io.Writer) error { return writeTar(w, r.Date, entries) })
}
