package build

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// compileRust runs cargo offline: a project's dependencies must already be on
// this machine. The profile is passed here so that a project need not know it,
// and so are the flags that keep this machine's paths out of the module.
// Link-time optimization is off: it would make the module a tenth smaller, but
// the author would wait for it after each edit. A Rust probe has four times the
// stack of a C probe, because Rust keeps its buffers there.
func compileRust(ctx context.Context, j job) ([]byte, error) {
	dir, target := j.dir, rustFor(j)
	rust, err := findRust(ctx, target)
	if err != nil {
		return nil, err
	}
	if err := checkRust(j); err != nil {
		return nil, err
	}
	work, err := newRustWork(dir)
	if err != nil {
		return nil, err
	}
	defer work.done()
	env := []string{"RUSTC=" + rust.rustc, "RUSTC_WRAPPER=" + work.wrapper, "RUSTC_WORKSPACE_WRAPPER=", "CARGO_TARGET_DIR=" + work.target, "CARGO_TERM_COLOR=never"}
	packages, err := rust.packages(ctx, j, env)
	if err != nil {
		return nil, err
	}
	flags := []string{"-Ctarget-cpu=mvp", "-Ctarget-feature=+bulk-memory", "-Clink-arg=-zstack-size=" + target.stack}
	for _, p := range packages {
		flags = append(flags, "--remap-path-prefix="+filepath.Dir(p.Manifest)+"="+p.Name+"-"+p.Version)
	}
	flags = append(flags, "--remap-path-prefix="+dir+"=.") // the last match wins
	if rust.linker != "" {
		flags = append(flags, "-Clinker="+rust.linker)
	}
	said, err := rust.run(ctx, j, append(env,
		"RUSTFLAGS=", "CARGO_ENCODED_RUSTFLAGS="+strings.Join(flags, "\x1f"),
		"CARGO_PROFILE_RELEASE_OPT_LEVEL=s", "CARGO_PROFILE_RELEASE_LTO=off", "CARGO_PROFILE_RELEASE_PANIC=abort",
		"CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1", "CARGO_PROFILE_RELEASE_STRIP=symbols", "CARGO_PROFILE_RELEASE_DEBUG=false",
	), "build", "--quiet", "--release", "--target", rust.target, "--message-format", "json-render-diagnostics")
	if err != nil {
		return nil, err
	}
	made, err := artefact(said, target.needs)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(made)
}

// crate is a package that is linked into a module.
type crate struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Manifest string `json:"manifest_path"`
}

// packages returns the project and all its dependencies.
func (r rust) packages(ctx context.Context, j job, env []string) ([]crate, error) {
	said, err := r.run(ctx, j, env, "metadata", "--format-version", "1", "--filter-platform", r.target)
	if err != nil {
		return nil, err
	}
	var m struct {
		Packages []crate `json:"packages"`
	}
	if err := json.Unmarshal(said.Bytes(), &m); err != nil {
		return nil, fmt.Errorf("cargo metadata: %w", err)
	}
	return m.Packages, nil
}

// run runs cargo offline and returns its standard output.
func (r rust) run(ctx context.Context, j job, env []string, args ...string) (*bytes.Buffer, error) {
	cmd := exec.CommandContext(ctx, r.cargo, append(args, "--offline")...)
	if _, err := os.Stat(filepath.Join(j.dir, "Cargo.lock")); err == nil {
		cmd.Args = append(cmd.Args, "--locked")
	}
	cmd.Dir = j.dir
	cmd.Env = append(os.Environ(), env...)
	var said, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &told
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(told.String())
		if strings.Contains(text, "--offline") {
			text += "\n\nthe build is offline; run `cargo fetch` once in " + j.dir
		}
		return nil, fmt.Errorf("cargo %s: %w\n%s", args[0], err, text)
	}
	_, err := j.said.Write(told.Bytes())
	return &said, err
}

// artefact returns the path of the module that cargo built.
func artefact(said *bytes.Buffer, needs string) (string, error) {
	lines := bufio.NewScanner(said)
	lines.Buffer(nil, 16<<20)
	made := ""
	for lines.Scan() {
		var m struct {
			Reason    string   `json:"reason"`
			Filenames []string `json:"filenames"`
		}
		if json.Unmarshal(lines.Bytes(), &m) != nil || m.Reason != "compiler-artifact" {
			continue
		}
		for _, f := range m.Filenames {
			if strings.HasSuffix(f, ".wasm") {
				made = f
			}
		}
	}
	if made == "" {
		return "", errors.New("cargo produced no .wasm file; " + needs)
	}
	return made, nil
}
