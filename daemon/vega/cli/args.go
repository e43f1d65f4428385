package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon/config/diag"
)

// Args returns a check of the number of arguments, for cobra.Command.Args. A
// negative max means no limit. Its errors show the usage line.
func Args(min, max int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < min:
			return fmt.Errorf("missing argument; usage: %s", c.UseLine())
		case max >= 0 && len(args) > max:
			return fmt.Errorf("unexpected argument %q; usage: %s", args[max], c.UseLine())
		default:
			return nil
		}
	}
}

// Subcommand is the check of the arguments of a command that only has
// subcommands: an argument is the name of a command that does not exist.
func Subcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return UnknownCommand(c, args[0])
}

// UnknownCommand returns an error that suggests the subcommand of c that was
// probably meant, or lists them all.
func UnknownCommand(c *cobra.Command, name string) error {
	if meant := Similar(c, name); meant != "" {
		return fmt.Errorf("unknown command %q; did you mean %s %s?", name, c.CommandPath(), meant)
	}
	return fmt.Errorf("unknown command %q; use one of %s", name, strings.Join(commandNames(c), ", "))
}

// Similar returns the subcommand of c whose name is close to what was written,
// or that is known by that name elsewhere, or "".
func Similar(c *cobra.Command, name string) string {
	for _, s := range c.Commands() {
		for _, other := range s.SuggestFor {
			if strings.EqualFold(other, name) {
				return s.Name()
			}
		}
	}
	return diag.Nearest(name, commandNames(c))
}

func commandNames(c *cobra.Command) (names []string) {
	for _, s := range c.Commands() {
		if s.IsAvailableCommand() || s.Name() == "help" {
			names = append(names, s.Name())
		}
	}
	return names
}

// Exclusive makes a command refuse two or more of the flags together.
func Exclusive(c *cobra.Command, names ...string) {
	before := c.PreRunE
	c.PreRunE = func(cmd *cobra.Command, args []string) error {
		var given []string
		for _, n := range names {
			if cmd.Flags().Changed(n) {
				given = append(given, "--"+n)
			}
		}
		switch {
		case len(given) > 1:
			return errors.New(strings.Join(given, " and ") + " exclude each other; use only one of them")
		case before != nil:
			return before(cmd, args)
		default:
			return nil
		}
	}
}
