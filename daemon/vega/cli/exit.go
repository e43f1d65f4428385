package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/vega/console"
	"vega/plugins/shortage"
)

// The exit codes.
const (
	ExitError = 1 // the command found an error, or failed
	ExitUsage = 2 // the command line is wrong, or a file can't be read

	// check, diag and doctor exit with the worst status instead.
	ExitDegraded  = 1 // degraded, unknown or a warning
	ExitUnhealthy = 2 // unhealthy or an error
	ExitUnchecked = 3 // nothing could be checked

	ExitChanges = 3 // plan --detailed-exitcode found changes
)

// Exit is an error that sets the exit code. Err is nil if the command has
// already printed everything.
type Exit struct {
	Code int
	Err  error
}

// Error returns the text of Err.
func (e *Exit) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *Exit) Unwrap() error { return e.Err }

// Failed wraps err so that the command exits with ExitError. It returns nil for
// nil.
func Failed(err error) error {
	if err == nil {
		return nil
	}
	return &Exit{ExitError, err}
}

// Unchecked wraps err so that check, diag or doctor exits with ExitUnchecked.
func Unchecked(err error) error { return &Exit{ExitUnchecked, err} }

// ExitCode prints the error that cmd returned and chooses the exit code. An
// error that is not an Exit is a usage error.
func ExitCode(cmd *cobra.Command, err error) int {
	if err == nil {
		return 0
	}
	code, cause := ExitUsage, err
	if e, ok := errors.AsType[*Exit](err); ok {
		code, cause = e.Code, e.Err
	} else if cmd.Name() == "check" || cmd.Name() == "diag" || cmd.Name() == "doctor" { // 2 means unhealthy there
		code = ExitUnchecked
	}
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		if Unreadable(invalid.Diagnostics) && code == ExitError {
			code = ExitUsage
		}
		if err := PrintDiagnostics(cmd, invalid.Diagnostics); err != nil {
			return ExitUsage
		}
		return code
	}
	if cause != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", cmd.CommandPath(), console.Printable(message(cause)))
		if short := shortage.Of(cause); short != nil && !strings.Contains(cause.Error(), short.Error()) {
			fmt.Fprintln(cmd.ErrOrStderr(), short)
		}
	}
	return code
}

// Unreadable reports whether a file could not be read.
func Unreadable(diags diag.Diagnostics) bool {
	return slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == diag.Unreadable })
}
