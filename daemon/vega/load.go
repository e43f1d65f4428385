package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/config"
)

// load reads and checks the configuration, with what the command line says
// instead. Warnings come with a valid one.
func load(path string, o overrides) (*config.Config, config.Diagnostics, error) {
	bundled, err := daemon.Bundled()
	if err != nil {
		return nil, nil, failed(err)
	}
	cfg, diags := config.Load(path, config.Options{Bundled: bundled, Host: o.host, Port: int(o.port)})
	if diags.HasErrors() {
		return nil, nil, failed(&daemon.InvalidError{Diagnostics: diags})
	}
	return cfg, diags, nil
}

// loadFor is load for a command that is typed: warnings go to its error
// stream.
func loadFor(cmd *cobra.Command) (*config.Config, error) {
	cfg, warnings, err := load(configPath(cmd), overrides{})
	if err != nil {
		return nil, err
	}
	return cfg, say(cmd, warnings)
}

func say(cmd *cobra.Command, diags config.Diagnostics) error {
	if err := diags.WriteText(cmd.ErrOrStderr(), inColor(cmd.ErrOrStderr())); err != nil {
		return fmt.Errorf("print the diagnostics: %w", err)
	}
	return nil
}
