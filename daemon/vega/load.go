package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
)

// reader returns what reads and checks the configuration, as often as it is
// called, with what the command line says instead.
func reader(path string, o overrides) (func(config.Scan) config.Reading, error) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, failed(err)
	}
	return func(scan config.Scan) config.Reading {
		r := config.Read(path, config.Options{Bundled: bundled, Scan: scan, Host: o.host, Port: int(o.port)})
		if r.Config != nil {
			o.apply(r.Config)
		}
		return r
	}, nil
}

// load reads the configuration once. Warnings come with a valid one.
func load(path string, o overrides) (*config.Config, config.Diagnostics, error) {
	read, err := reader(path, o)
	if err != nil {
		return nil, nil, err
	}
	r := read(nil)
	if r.Config == nil {
		return nil, nil, failed(&config.InvalidError{Diagnostics: r.Diagnostics})
	}
	return r.Config, r.Diagnostics, nil
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

// contact is loadFor for a command that asks the vega that runs: a mistake that
// came into the file since is told in a line, and keeps nobody from asking. It
// is returned beside what could be read.
func contact(cmd *cobra.Command) (_ *config.Config, mistake, _ error) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, nil, failed(err)
	}
	cfg, diags := config.Contact(configPath(cmd), config.Options{Bundled: bundled})
	invalid := failed(&config.InvalidError{Diagnostics: diags})
	switch {
	case cfg == nil:
		return nil, nil, invalid
	case diags.HasErrors():
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has mistakes, which vega validate config tells. What it says of the vega that runs is taken from it.\n", configPath(cmd))
		return cfg, invalid, nil
	default:
		return cfg, nil, say(cmd, diags)
	}
}

func say(cmd *cobra.Command, diags config.Diagnostics) error {
	if err := diags.WriteText(cmd.ErrOrStderr(), inColor(cmd.ErrOrStderr())); err != nil {
		return fmt.Errorf("print the diagnostics: %w", err)
	}
	return nil
}
