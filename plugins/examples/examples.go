// Package examples contains the same probe in each language and creates the
// project of a new plugin from it.
//
// The name backlog is replaced by the plugin's name. The directory project
// contains what all languages share; vega/ in the new project is the SDK.
package examples

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"vega/plugins/build"
	"vega/plugins/manifest"
	"vega/sdk"
)

//go:embed project go/*.go go/go.mod.txt rust c assemblyscript
var files embed.FS

// language describes what differs between the projects.
type language struct {
	dir       string
	source    string // the file to edit
	toolchain string
	native    string // a line of the README, for native tests
	sdk       []sdkPart
}

// sdkPart copies the matching files of the SDK's source to a directory of the
// project.
type sdkPart struct{ pattern, to string }

var languages = map[build.Language]language{
	build.Go: {
		dir: "go", source: "main.go", toolchain: "Go 1.24 or later",
		native: "- `go test .` runs the probe as an ordinary function, with a debugger if you like.\n",
		sdk:    []sdkPart{{"*.go", "vega/sdk"}, {"abi/*.go", "vega/sdk/abi"}, {"sdktest/*.go", "vega/sdk/sdktest"}},
	},
	build.Rust: {
		dir: "rust", source: "src/lib.rs", toolchain: "cargo 1.63 or later with the target wasm32-unknown-unknown",
		sdk: []sdkPart{{"rust/Cargo.toml", "vega"}, {"rust/src/*.rs", "vega/src"}},
	},
	build.AssemblyScript: {
		dir: "assemblyscript", source: "assembly/index.ts", toolchain: "Node.js 20 or later, and asc: run `npm install` here once",
		sdk: []sdkPart{{"assemblyscript/package.json", "vega"}, {"assemblyscript/assembly/*.ts", "vega/assembly"}},
	},
	build.C: {
		dir: "c", source: "main.c", toolchain: "clang 13 or later, with wasm-ld",
		sdk: []sdkPart{{"c/vega.h", "vega"}},
	},
}

// Languages returns the languages that a project can be created in.
func Languages() []build.Language {
	var all []build.Language
	for _, l := range build.Languages() {
		if _, ok := languages[l]; ok {
			all = append(all, l)
		}
	}
	return all
}

// Write creates a project with the given name in dir, which must not exist. It
// returns the integration block to paste.
func Write(dir, name string, l build.Language) (integration string, err error) {
	lang, ok := languages[l]
	if !ok {
		return "", fmt.Errorf("unknown language %q; choose one of %s", l, list())
	}
	if err := checkName(name); err != nil {
		return "", err
	}
	all := map[string][]byte{}
	for _, from := range []string{"project", lang.dir} {
		if err := collect(all, files, from); err != nil {
			return "", err
		}
	}
	text := strings.NewReplacer("backlog", name, "SOURCE", "`"+lang.source+"`", "TOOLCHAIN", lang.toolchain, "NATIVE\n", lang.native)
	for to, b := range all {
		if to == "README.md" {
			all[to] = []byte(text.Replace(string(b)))
		} else {
			all[to] = []byte(strings.ReplaceAll(string(b), "backlog", name))
		}
	}
	if err := lang.addSDK(all); err != nil {
		return "", err
	}
	if err := writeAll(dir, all); err != nil {
		return "", err
	}
	_, block, _ := strings.Cut(string(all["vega.hcl"]), "\n\nintegration ")
	return "integration " + block, nil
}

func list() string {
	var names []string
	for _, l := range Languages() {
		names = append(names, string(l))
	}
	return strings.Join(names, ", ")
}

// checkName refuses names that are not valid for a plugin, or for a package
// next to the SDK's.
func checkName(name string) error {
	switch {
	case !manifest.ValidName(name):
		return fmt.Errorf("%q is not a valid plugin name: use a lower-case letter, then lower-case letters, digits, - and _", name)
	case name == "core" || name == "vega" || slices.Contains(manifest.Reserved, name):
		return fmt.Errorf("the name %q is reserved; choose another", name)
	default:
		return nil
	}
}

// collect adds the files below a directory, by their path in the project.
func collect(all map[string][]byte, from embed.FS, dir string) error {
	return fs.WalkDir(from, dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := from.ReadFile(p)
		to := strings.TrimPrefix(p, dir+"/")
		switch path.Base(to) {
		case "gitignore":
			to = "." + to
		case "go.mod.txt": // named go.mod, it would start a new module here
			to = "go.mod"
		}
		all[to] = b
		return err
	})
}

// addSDK adds the SDK without its tests.
func (l language) addSDK(all map[string][]byte) error {
	for _, part := range append(l.sdk, sdkPart{"ABI.md", "vega"}) {
		names, err := fs.Glob(sdk.Source, part.pattern)
		if err != nil {
			return err
		}
		for _, n := range names {
			if strings.HasSuffix(n, "_test.go") || n == "source.go" {
				continue
			}
			if all[path.Join(part.to, path.Base(n))], err = sdk.Source.ReadFile(n); err != nil {
				return err
			}
		}
	}
	if l.dir == "go" {
		all["vega/go.mod"] = []byte("module vega\n\ngo 1.24\n")
	}
	return nil
}

func writeAll(dir string, all map[string][]byte) error {
	if err := os.Mkdir(dir, 0o755); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already and was not changed; choose another name, or remove it", dir)
	} else if err != nil {
		return err
	}
	for name, b := range all {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
