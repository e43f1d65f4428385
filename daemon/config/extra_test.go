package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
	"vega/plugins/signature"
)

// The module that provides a name is the bundled one, unless plugins.replace
// allows a file to replace it. Of several files, it is the one that provided
// the name before. It is never a refused one.
func TestWhoServesAName(t *testing.T) {
	shipped := []manifest.Found{found(t, "testdata/core.hcl", ""), found(t, "testdata/acme.hcl", "")}
	shipped[1].Extra = true
	acme := found(t, "testdata/acme.hcl", "plugins/acme.wasm")
	core := found(t, "testdata/core.hcl", "plugins/core.wasm")
	a, b := found(t, "testdata/courier.hcl", "plugins/a.wasm"), found(t, "testdata/courier.hcl", "plugins/b.wasm")
	broken := manifest.Found{File: "plugins/b.wasm", Err: errUnfit}
	const replace = `plugins { replace = ["acme"] }`
	const trusted = `plugins {
  replace      = ["acme"]
  trusted_keys = ["RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"]
}`
	for name, c := range map[string]struct {
		text    string
		dropped []manifest.Found
		owners  manifest.Owners
		want    string // plugins and files, of those that can be used
		refused string // a part of the reason of the first that can't
	}{
		"nothing dropped in":          {want: "core= acme="},
		"a bundled name":              {dropped: []manifest.Found{acme}, want: "core= acme=", refused: `plugins { replace = ["acme"] }`},
		"a bundled name, allowed":     {text: replace, dropped: []manifest.Found{acme}, want: "core= acme=acme.wasm"},
		"allowed, but not trusted":    {text: trusted, dropped: []manifest.Found{acme}, want: "core= acme=", refused: "it is not signed"},
		"core's name":                 {dropped: []manifest.Found{core}, want: "core= acme=", refused: "which can't be replaced"},
		"two new ones":                {dropped: []manifest.Found{a, b}, want: "core= acme= courier=a.wasm", refused: "is served by a.wasm"},
		"one that served before":      {dropped: []manifest.Found{a, b}, owners: manifest.Owners{"courier": "b.wasm"}, want: "core= acme= courier=b.wasm", refused: "is served by b.wasm"},
		"one that served is refused":  {dropped: []manifest.Found{a, broken}, owners: manifest.Owners{"courier": "b.wasm"}, want: "core= acme=", refused: "is served by b.wasm"},
		"one that served is gone":     {dropped: []manifest.Found{a}, owners: manifest.Owners{"courier": "b.wasm"}, want: "core= acme= courier=a.wasm"},
		"a refused one has no name":   {dropped: []manifest.Found{broken, a}, want: "core= acme= courier=a.wasm", refused: "not fit to run"},
		"one served a bundled name":   {dropped: []manifest.Found{acme}, owners: manifest.Owners{"acme": "acme.wasm"}, want: "core= acme=", refused: "replace"},
		"another name served by it":   {text: replace, dropped: []manifest.Found{acme}, owners: manifest.Owners{"acme": "old.wasm"}, want: "core= acme=acme.wasm"},
		"not trusted, whatever named": {text: trusted, dropped: []manifest.Found{a, b}, owners: manifest.Owners{"courier": "b.wasm"}, want: "core= acme=", refused: "it is not signed"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.owners == nil {
				c.owners = manifest.Owners{}
			}
			cfg, ds := load(t, c.text, Options{Bundled: shipped, Owners: c.owners, Scan: admitting(c.dropped)})
			if ds.HasErrors() {
				t.Fatalf("%+v", ds)
			}
			var got, refused []string
			for _, f := range cfg.Plugins.Modules {
				if f.Module != nil {
					file := ""
					if f.File != "" {
						file = filepath.Base(f.File)
					}
					got = append(got, f.Module.Manifest.Name+"="+file)
				} else {
					refused = append(refused, f.Err.Error())
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if (len(refused) > 0) != (c.refused != "") || len(refused) > 0 && !strings.Contains(refused[0], c.refused) {
				t.Errorf("refused %q, want %q", refused, c.refused)
			}
		})
	}
}

var errUnfit = mistake("it is not fit to run")

type mistake string

func (m mistake) Error() string { return string(m) }

// admitting scans a directory that has these modules, all unsigned.
func admitting(dropped []manifest.Found) Scan {
	return func(_ string, admit manifest.Admit) ([]manifest.Found, error) {
		out := slices.Clone(dropped)
		for i := range out {
			if f := &out[i]; f.Err == nil {
				if f.Err = admit(f.File, f.Module.Digest, signature.Read(f.File, nil)); f.Err != nil {
					f.Module = nil
				}
			}
		}
		return out, nil
	}
}

func TestOwnersAreReadFromTheDataDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := (manifest.Owners{"courier": "b.wasm"}).Write(filepath.Join(dir, manifest.OwnersFile)); err != nil {
		t.Fatal(err)
	}
	a, b := found(t, "testdata/courier.hcl", "plugins/a.wasm"), found(t, "testdata/courier.hcl", "plugins/b.wasm")
	cfg, ds := load(t, `data_dir = "`+dir+`"`, Options{Scan: admitting([]manifest.Found{a, b})})
	if ds.HasErrors() {
		t.Fatalf("%+v", ds)
	}
	if f := manifest.Plugin(cfg.Plugins.Modules, "courier"); f == nil || f.File != "plugins/b.wasm" {
		t.Errorf("%+v", f)
	}
	if err := os.WriteFile(filepath.Join(dir, manifest.OwnersFile), []byte("{damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ds = load(t, `data_dir = "`+dir+`"`, Options{Scan: admitting(nil)}); len(ds) != 1 || ds[0].Code != diag.PluginDir || !strings.Contains(ds[0].Detail, "is damaged") {
		t.Errorf("%+v", ds)
	}
}
