package main

import (
	"bytes"
	"cmp"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// module is a Go module that is compiled into at least one binary.
type module struct {
	Path, Version string
	Sum           string     // as in go.sum: h1:...
	Platforms     []platform // whose binaries contain it
	Licenses      []string   // SPDX identifiers
	Texts         [][]byte   // the licences, and notices
}

// licenses finds the modules in the binaries and their licences, and writes the file
// with the texts: those who pass a binary on must pass them on, too.
func licenses(ctx context.Context, r *release) error {
	var err error
	if r.Modules, err = modulesOf(r.Binaries); err != nil {
		return err
	}
	dirs, err := r.moduleDirs(ctx)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	text.WriteString("vega contains these modules.\n")
	for _, m := range r.Modules {
		if err := m.readLicenses(dirs[m.Path]); err != nil {
			return fmt.Errorf("%s %s: %w", m.Path, m.Version, err)
		}
		fmt.Fprintf(&text, "\n%s\n%s %s (%s)\n", strings.Repeat("=", 80), m.Path, m.Version, strings.Join(m.Licenses, ", "))
		for _, t := range m.Texts {
			fmt.Fprintf(&text, "\n%s\n", bytes.TrimSpace(t))
		}
	}
	own := module{}
	if err := own.readLicenses(r.Tree); err != nil {
		return err
	}
	r.OwnLicenses = own.Licenses
	r.Licenses = filepath.Join(r.Work, "THIRD_PARTY_LICENSES")
	return os.WriteFile(r.Licenses, text.Bytes(), 0o644)
}

// stdlib is the path of the module that stands for Go's standard library.
const stdlib = "std"

// modulesOf lists the modules that the toolchain recorded in the binaries, sorted by
// path.
func modulesOf(binaries map[platform]string) ([]*module, error) {
	byPath := map[string]*module{}
	add := func(p platform, path, version, sum string) error {
		m := byPath[path]
		if m == nil {
			m = &module{Path: path, Version: version, Sum: sum}
			byPath[path] = m
		}
		if m.Version != version {
			return fmt.Errorf("%s: %s here and %s in another binary", path, version, m.Version)
		}
		m.Platforms = append(m.Platforms, p)
		return nil
	}
	for _, p := range published { // in order
		file := binaries[p]
		if file == "" {
			continue
		}
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			return nil, err
		}
		err = add(p, stdlib, strings.TrimPrefix(info.GoVersion, "go"), "")
		for _, d := range info.Deps {
			err = errors.Join(err, addDependency(add, p, d))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p, err)
		}
	}
	var all []*module
	for _, m := range byPath {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *module) int { return cmp.Compare(a.Path, b.Path) })
	return all, nil
}

func addDependency(add func(p platform, path, version, sum string) error, p platform, d *debug.Module) error {
	if d.Replace != nil {
		return fmt.Errorf("%s is replaced by %s; a release is made of what go.mod requires", d.Path, d.Replace.Path)
	}
	return add(p, d.Path, d.Version, d.Sum)
}

// moduleDirs returns the directory of each module's sources.
func (r *release) moduleDirs(ctx context.Context) (map[string]string, error) {
	args := []string{"list", "-m", "-mod=readonly", "-json=Path,Dir"}
	for _, m := range r.Modules {
		if m.Path != stdlib {
			args = append(args, m.Path)
		}
	}
	text, err := r.goTool(ctx, args...)
	if err != nil {
		return nil, err
	}
	root, err := r.goTool(ctx, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{stdlib: strings.TrimSpace(string(root))}
	for in := json.NewDecoder(bytes.NewReader(text)); ; {
		var m struct{ Path, Dir string }
		err := in.Decode(&m)
		if errors.Is(err, io.EOF) {
			return dirs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		dirs[m.Path] = m.Dir
	}
}

// goTool runs the Go toolchain in the exported sources.
func (r *release) goTool(ctx context.Context, args ...string) ([]byte, error) {
	env, err := r.goEnvironment(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = r.Tree, append(env, "PWD="+r.Tree)
	return output(cmd)
}

// How the names of files with licences start, in upper case, and of files that are
// passed on with them.
var (
	licenseNames = []string{"LICENSE", "LICENCE", "COPYING"}
	noticeNames  = []string{"NOTICE", "PATENTS", "AUTHORS"}
)

func startsWith(name string, any []string) bool {
	return slices.ContainsFunc(any, func(s string) bool { return strings.HasPrefix(strings.ToUpper(name), s) })
}

// readLicenses reads the licences in a module's directory. A module without one that
// is recognized is an error: it can't be published.
func (m *module) readLicenses(dir string) error {
	if dir == "" {
		return errors.New("its sources are not in the cache of modules")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		license := startsWith(e.Name(), licenseNames)
		if !e.Type().IsRegular() || !license && !startsWith(e.Name(), noticeNames) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		m.Texts = append(m.Texts, text)
		if !license {
			continue
		}
		for _, match := range licensecheck.Scan(text).Match {
			if !match.IsURL && !slices.Contains(m.Licenses, match.ID) {
				m.Licenses = append(m.Licenses, match.ID)
			}
		}
	}
	if len(m.Licenses) == 0 {
		return fmt.Errorf("no licence is recognized in %s", dir)
	}
	slices.Sort(m.Licenses)
	return nil
}
