package build

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// compileAssemblyScript runs asc: the project's own, in node_modules, or else
// that in PATH. asconfig.json has the entry and what takes the place of abort,
// which the host does not have; the rest is given here, so that a project need
// not know it. The runtime is the one that frees: a run is short, but text that
// is put together in a loop would fill its memory otherwise.
func compileAssemblyScript(ctx context.Context, j job) ([]byte, error) {
	asc, err := findAssemblyScript(j)
	if err != nil {
		return nil, err
	}
	return inTemp(func(out string) error {
		cmd := exec.CommandContext(ctx, asc, "--config", "asconfig.json", "--runtime", "incremental", "-O3", "--shrinkLevel", "2",
			"--exportStart", "_initialize", "--noColors", "-o", out)
		cmd.Dir = j.dir
		cmd.Env = append(os.Environ(), "NODE_OPTIONS=")
		return run(cmd, j.said)
	})
}

func readyAssemblyScript(_ context.Context, j job) error {
	_, err := findAssemblyScript(j)
	return err
}

// findAssemblyScript returns the compiler that has a node to run on.
func findAssemblyScript(j job) (asc string, err error) {
	if j.command {
		return "", errors.New("AssemblyScript makes no WASI command, as Nagios plugins are; write it in Go, C or Rust, or as a probe")
	}
	asc = filepath.Join(j.dir, "node_modules", ".bin", "asc")
	if !isProgram(asc) {
		if asc = find("asc"); asc == "" {
			return "", notInPath("AssemblyScript", "its compiler asc", "run `npm install` in the project, or `npm install -g assemblyscript`")
		}
	}
	if find("node") == "" {
		return "", notInPath("AssemblyScript", "node (20 or later)", "install Node.js")
	}
	return asc, nil
}
