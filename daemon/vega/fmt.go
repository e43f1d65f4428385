package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/daemon/config/input"
	"vega/daemon/config/syntax"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/file"
)

// fmtFlags holds the flags of fmt.
type fmtFlags struct {
	check bool
	diff  bool
}

func fmtCommand() *cobra.Command {
	var o fmtFlags
	c := &cobra.Command{
		Use:   "fmt [FILE…]",
		Short: "Format configuration files",
		Long: `Format configuration files in the canonical HCL style: vega.hcl, the files
in policies and those that they include, or the named files. - formats standard input to standard output. Only
white space changes; a file whose meaning would change is not written.

Exits 0 on success, 1 if a file is not valid HCL (or, with --check, would
change), 2 if a file can't be read or written.`,
		Example: `  vega fmt              format vega.hcl and the files in policies
  vega fmt --check      list the files that are not formatted, for CI
  vega fmt --diff       show what would change
  vega fmt - < a.hcl    format standard input`,
		SuggestFor:        []string{"format", "lint"},
		ValidArgsFunction: cli.Extensions("hcl"),
		RunE:              func(cmd *cobra.Command, paths []string) error { return format(cmd, paths, o) },
	}
	c.Flags().BoolVar(&o.check, "check", false, "write nothing; list the files that would change, and fail if there are any")
	c.Flags().BoolVar(&o.diff, "diff", false, "write nothing; print the diff")
	return c
}

func format(cmd *cobra.Command, paths []string, o fmtFlags) error {
	if len(paths) == 1 && paths[0] == "-" {
		return formatInput(cmd)
	}
	if len(paths) == 0 {
		var err error
		if paths, err = config.Sources(cli.ConfigPath(cmd)); err != nil {
			return err
		}
	}
	var result error
	for _, path := range paths {
		err := formatFile(cmd, path, o)
		if _, ok := errors.AsType[*cli.Exit](err); err != nil && !ok {
			return err
		}
		result = errors.Join(result, err)
	}
	if result != nil {
		return &cli.Exit{Code: cli.ExitError}
	}
	return nil
}

// formatFile formats one file. It returns a *cli.Exit if the file is not valid
// or, with --check, not formatted; any other error comes from reading or
// writing.
func formatFile(cmd *cobra.Command, path string, o fmtFlags) error {
	src, err := input.ReadFile(path)
	if err != nil {
		return err
	}
	formatted, err := formatSource(cmd, path, src)
	if err != nil || bytes.Equal(src, formatted) {
		return err
	}
	out := cmd.OutOrStdout()
	if !o.diff {
		fmt.Fprintln(out, path)
	}
	if o.diff {
		fmt.Fprint(out, diff(path, src, formatted))
	}
	if o.check {
		return &cli.Exit{Code: cli.ExitError}
	}
	if o.diff {
		return nil
	}
	return file.Replace(path, formatted)
}

func formatSource(cmd *cobra.Command, name string, src []byte) ([]byte, error) {
	formatted, diags, err := config.Format(name, src)
	if err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), err)
		return nil, &cli.Exit{Code: cli.ExitError}
	}
	if diags.HasErrors() {
		if err := cli.PrintDiagnostics(cmd, diags); err != nil {
			return nil, err
		}
		return nil, &cli.Exit{Code: cli.ExitError}
	}
	return formatted, nil
}

func formatInput(cmd *cobra.Command) error {
	src, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), syntax.MaxFile+1))
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	formatted, err := formatSource(cmd, "standard input", src)
	if err != nil {
		return err
	}
	_, err = cmd.OutOrStdout().Write(formatted)
	return err
}

// diff returns the unified diff of two versions of a file, with anything that
// may be a secret masked.
func diff(path string, before, after []byte) string {
	return udiff.Unified(path, path, config.Masked(before), config.Masked(after))
}
