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

// compileRust runs cargo, which fetches nothing: what a project depends on
// beyond its own files has to be there already. The profile is given here, so
// that a project need not know it; so is the way in which the paths of this
// machine are kept out of the module. There is no optimization at link time: it
// would spare a tenth of the module, and an author would wait for it after each
// edit. The stack of a probe is four times that of C, since in Rust the buffers
// are on it.
func compileRust(ctx context.Context, j job) ([]byte, error) {
	dir, target := j.dir, rustFor(j)
	rust, err := findRust(ctx, target)
	if err != nil {
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
	flags = append(flags, "--remap-path-prefix="+dir+"=.") // the last that fits counts
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

// crate is a package that goes into a module.
type crate struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Manifest string `json:"manifest_path"`
}

// packages are the project and all that it depends on.
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

// run runs a command of cargo, offline, and answers what it wrote.
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
			text += "\n\nvega fetches nothing while it builds; run `cargo fetch` in " + j.dir + " once"
		}
		return nil, fmt.Errorf("cargo %s: %w\n%s", args[0], err, text)
	}
	_, err := j.said.Write(told.Bytes())
	return &said, err
}

// artefact is the module that cargo says it made.
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
		return "", errors.New("cargo made no .wasm; " + needs)
	}
	return made, nil
}
