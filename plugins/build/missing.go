package build

import (
	"context"
	"fmt"
	"io"
)

// MissingError reports a toolchain part that this machine does not have.
type MissingError struct {
	What string // being built, such as "a probe in C"
	Part string // needed to build it
	Why  string // Part counts as missing
	How  string // to install Part
}

// Error returns the part, why it counts as missing, and how to install it.
func (e *MissingError) Error() string {
	return fmt.Sprintf("building %s requires %s, but %s; %s", e.What, e.Part, e.Why, e.How)
}

// notInPath returns a MissingError for a program that is not in PATH.
func notInPath(language, program, how string) error {
	return &MissingError{"a probe in " + language, program, "it is not in PATH", how}
}

// Ready returns nil if this machine has every part of the toolchain that builds
// probes in the language, or WASI commands, and a *MissingError otherwise.
func Ready(ctx context.Context, l Language, command bool) error {
	return toolchains[l].ready(ctx, job{dir: ".", command: command, said: io.Discard})
}
