package plugin

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/plugins"
)

// compileCommand reads and compiles an unknown module, as a child process with
// resource limits. It is hidden because only vega calls it.
func compileCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "compile DIR",
		Short:  "Compile the module on standard input into the cache entry DIR",
		Args:   cli.Args(1, 1),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return cli.Failed(plugins.CompileChild(cmd.Context(), cmd.InOrStdin(), args[0]))
		},
	}
}

// Compiler returns the command that runs this program as vega plugin compile.
// If the program's own file can't be found, starting the command fails with the
// reason.
func Compiler(ctx context.Context, dir string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program(), "plugin", "compile", dir)
	cmd.Args[0] = "vega"
	return cmd
}

// ownProgram is this program's file, also when the file at its path has been replaced
// by another version's.
const ownProgram = "/proc/self/exe"

// program returns the path of this program's file. Without /proc, that is the path by
// which it was started.
func program() string {
	if _, err := os.Readlink(ownProgram); err == nil {
		return ownProgram
	}
	if self, err := os.Executable(); err == nil {
		return self
	}
	if self, err := exec.LookPath(os.Args[0]); err == nil {
		if self, err = filepath.Abs(self); err == nil {
			return self
		}
	}
	return ownProgram // starting it fails, with the reason
}
