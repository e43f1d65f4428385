package build

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// compileAssemblyScript runs asc from the project's node_modules or else from
// PATH. asconfig.json names the entry file and the replacement for abort, which
// the host does not provide; all other options are passed here so that a
// project need not know them. The runtime collects garbage: runs are short, but
// building text in a loop would otherwise fill the memory.
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

// findAssemblyScript returns the path of asc after checking that node exists.
func findAssemblyScript(j job) (asc string, err error) {
	if j.command {
		return "", errors.New("AssemblyScript cannot build a WASI command, which Nagios plugins are; write it in Go, C or Rust, or as a probe")
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
