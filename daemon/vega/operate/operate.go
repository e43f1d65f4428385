// Package operate implements the commands for running vega for years: backup and
// restore, doctor, and key. All work next to a running daemon or without one, on
// the files that the configuration names. Commands returns them.
package operate

import "github.com/spf13/cobra"

// Commands returns the commands.
func Commands() []*cobra.Command {
	return []*cobra.Command{
		backupCommand(),
		restoreCommand(),
		doctorCommand(),
		keyCommand(),
	}
}
