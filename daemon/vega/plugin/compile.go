package plugin

import (
	"context"
	"os"
	"os/exec"

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
	self, err := os.Executable()
	if err != nil {
		self = "/proc/self/exe"
	}
	cmd := exec.CommandContext(ctx, self, "plugin", "compile", dir)
	cmd.Args[0] = "vega"
	return cmd
}
