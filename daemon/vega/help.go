package main

import (
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
)

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND…]",
		Short: "Explain a command",
		Example: `  vega help check
  vega help plugin build`,
		SuggestFor: []string{"man"},
		RunE: func(cmd *cobra.Command, names []string) error {
			c, err := findCommand(cmd.Root(), names)
			if err != nil {
				return err
			}
			c.InitDefaultHelpFlag() // so that the text lists it
			return c.Help()
		},
		ValidArgsFunction: completeCommands,
	}
}

// findCommand returns the command that the names lead to.
func findCommand(c *cobra.Command, names []string) (*cobra.Command, error) {
	for _, name := range names {
		next := subcommand(c, name)
		if next == nil && !c.HasAvailableSubCommands() {
			return nil, cli.Args(0, 0)(c, []string{name})
		}
		if next == nil {
			return nil, cli.UnknownCommand(c, name)
		}
		c = next
	}
	return c, nil
}

func subcommand(c *cobra.Command, name string) *cobra.Command {
	for _, s := range c.Commands() {
		if s.Name() == name {
			return s
		}
	}
	return nil
}

// completeCommands completes the name of a command, level by level.
func completeCommands(cmd *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	c, err := findCommand(cmd.Root(), args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, s := range c.Commands() {
		if s.IsAvailableCommand() {
			names = append(names, cobra.CompletionWithDesc(s.Name(), strings.TrimSpace(s.Short)))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
