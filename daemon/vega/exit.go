package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/plugins/shortage"
)

// The exit codes. For check they mean the worst status instead.
const (
	exitError = 1 // it was done and found wrong, or it failed
	exitUsage = 2 // the command line is wrong, or a file can't be read

	exitDegraded  = 1 // degraded or unknown
	exitUnhealthy = 2
	exitUnchecked = 3 // check could not check

	exitChanges = 3 // plan would change something, and was asked to tell by this
)

// exit is an error that decides the exit code. err is nil when all has been
// said already.
type exit struct {
	code int
	err  error
}

// Error is that of err.
func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

// Unwrap is err.
func (e *exit) Unwrap() error { return e.err }

// exitCode prints the error and finds its code. What no command claimed came
// from the command line itself.
func exitCode(cmd *cobra.Command, err error) int {
	if err == nil {
		return 0
	}
	code, text := exitUsage, err
	if e := (*exit)(nil); errors.As(err, &e) {
		code, text = e.code, e.err
	} else if cmd.Name() == "check" || cmd.Name() == "diag" { // where 2 is a status
		code = exitUnchecked
	}
	var invalid *config.InvalidError
	switch {
	case errors.As(err, &invalid):
		if unreadable(invalid.Diagnostics) && code == exitError {
			code = exitUsage
		}
		if err := say(cmd, invalid.Diagnostics); err != nil {
			return exitUsage
		}
	case text != nil:
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", cmd.CommandPath(), text)
		if short := shortage.Of(text); short != nil && !strings.Contains(text.Error(), short.Error()) {
			fmt.Fprintln(cmd.ErrOrStderr(), short)
		}
	}
	return code
}

// unreadable reports whether a file could not be read at all.
func unreadable(diags config.Diagnostics) bool {
	return slices.ContainsFunc(diags, func(d config.Diagnostic) bool { return d.Code == config.Unreadable })
}

// failed is an error that means exit 1.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &exit{exitError, err}
}
