package main

import (
	"context"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"vega/plugins"
)

// pluginCompileCommand is the child that reads and compiles a module nobody has
// seen before, with limits on itself. It is vega's own to call, hence hidden.
func pluginCompileCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "compile DIR",
		Short:  "Compile the module on standard input into the cache entry DIR",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return failed(plugins.CompileChild(cmd.Context(), cmd.InOrStdin(), args[0]))
		},
	}
}

// compiler is this program as that child. Where it can't be found, starting it
// fails with the reason.
func compiler(ctx context.Context, dir string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = "/proc/self/exe"
	}
	cmd := exec.CommandContext(ctx, self, "plugin", "compile", dir)
	cmd.Args[0] = "vega"
	return cmd
}
