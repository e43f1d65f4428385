package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
)

// describe writes the bill of materials in CycloneDX's format: the modules of all
// binaries, and the WebAssembly modules that are embedded in them. It has no serial
// number, and its time is the commit's, so that the same commit gives the same bytes.
func describe(ctx context.Context, r *release) error {
	bom := cyclonedx.NewBOM()
	root := cyclonedx.Component{
		BOMRef: r.purl(), Type: cyclonedx.ComponentTypeApplication, Name: "vega", Version: r.Version, PackageURL: r.purl(),
		Licenses: licenseChoices(r.OwnLicenses),
		Properties: &[]cyclonedx.Property{
			{Name: "vega:commit", Value: r.Commit},
			{Name: "vega:modified", Value: fmt.Sprint(r.Modified)},
		},
	}
	bom.Metadata = &cyclonedx.Metadata{
		Timestamp:  r.Date.Format(time.RFC3339),
		Lifecycles: &[]cyclonedx.Lifecycle{{Phase: cyclonedx.LifecyclePhaseBuild}},
		Component:  &root,
	}
	var components []cyclonedx.Component
	for _, m := range r.Modules {
		c, err := m.component(len(r.Binaries))
		if err != nil {
			return err
		}
		components = append(components, c)
	}
	guests, err := r.guests()
	if err != nil {
		return err
	}
	components = append(components, guests...)
	bom.Components = &components
	if bom.Dependencies, err = r.dependencies(ctx, guests); err != nil {
		return err
	}
	return create(filepath.Join(r.Out, r.name("sbom.cdx.json")), func(w io.Writer) error {
		return cyclonedx.NewBOMEncoder(w, cyclonedx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).EncodeVersion(bom, cyclonedx.SpecVersion1_6)
	})
}

// purl returns the package URL of this release.
func (r *release) purl() string { return "pkg:generic/vega@" + r.Version }

// purl returns the package URL of a module.
func (m *module) purl() string { return "pkg:golang/" + m.Path + "@" + m.Version }

// component describes a module. binaries is how many there are: a module that is not
// in all of them names the platforms.
func (m *module) component(binaries int) (cyclonedx.Component, error) {
	c := cyclonedx.Component{
		BOMRef: m.purl(), Type: cyclonedx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, PackageURL: m.purl(),
		Scope: cyclonedx.ScopeRequired, Licenses: licenseChoices(m.Licenses),
	}
	if m.Sum != "" {
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:"))
		if err != nil {
			return c, fmt.Errorf("%s: the sum %q: %w", m.Path, m.Sum, err)
		}
		c.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum)}}
	}
	if len(m.Platforms) < binaries {
		var properties []cyclonedx.Property
		for _, p := range m.Platforms {
			properties = append(properties, cyclonedx.Property{Name: "vega:platform", Value: p.String()})
		}
		c.Properties = &properties
	}
	return c, nil
}

func licenseChoices(ids []string) *cyclonedx.Licenses {
	var all cyclonedx.Licenses
	for _, id := range ids {
		all = append(all, cyclonedx.LicenseChoice{License: &cyclonedx.License{ID: id}})
	}
	return &all
}

// guests describes the plugins that are embedded in every binary.
func (r *release) guests() ([]cyclonedx.Component, error) {
	var all []cyclonedx.Component
	for _, pattern := range []string{"plugins/core/*.wasm", "plugins/extras/*/*.wasm"} {
		paths, err := filepath.Glob(filepath.Join(r.Tree, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			sum, err := digest(path)
			if err != nil {
				return nil, err
			}
			rel, err := filepath.Rel(r.Tree, path)
			if err != nil {
				return nil, err
			}
			all = append(all, cyclonedx.Component{
				BOMRef: filepath.ToSlash(rel), Type: cyclonedx.ComponentTypeFile, Name: filepath.ToSlash(rel), MIMEType: "application/wasm",
				Hashes: &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: sum}}, Licenses: licenseChoices(r.OwnLicenses),
			})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no plugins: %w", os.ErrNotExist)
	}
	return all, nil
}

// dependencies returns which module requires which, as far as they are in a binary.
func (r *release) dependencies(ctx context.Context, guests []cyclonedx.Component) (*[]cyclonedx.Dependency, error) {
	graph, err := r.goTool(ctx, "mod", "graph")
	if err != nil {
		return nil, err
	}
	refs := map[string]string{"vega": r.purl()}
	for _, m := range r.Modules {
		refs[m.Path] = m.purl()
	}
	requires := map[string][]string{r.purl(): {refs[stdlib]}}
	for line := range strings.Lines(string(graph)) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		from, version, _ := strings.Cut(from, "@")
		to, _, _ = strings.Cut(to, "@")
		if refs[to] == "" || from != "vega" && refs[from] != "pkg:golang/"+from+"@"+version {
			continue
		}
		requires[refs[from]] = append(requires[refs[from]], refs[to])
	}
	for _, g := range guests {
		requires[r.purl()] = append(requires[r.purl()], g.BOMRef)
	}
	var all []cyclonedx.Dependency
	for ref, on := range requires {
		slices.Sort(on)
		on = slices.Compact(on)
		all = append(all, cyclonedx.Dependency{Ref: ref, Dependencies: &on})
	}
	slices.SortFunc(all, func(a, b cyclonedx.Dependency) int { return strings.Compare(a.Ref, b.Ref) })
	return &all, nil
}
