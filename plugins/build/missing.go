package build

import (
	"context"
	"fmt"
	"io"
)

// MissingError reports a part of a toolchain that this machine does not have.
type MissingError struct {
	What string // is to be built, such as "a probe in C"
	Part string // is needed for that
	Why  string // it counts as missing
	How  string // to install it
}

// Error names the part and how to install it.
func (e *MissingError) Error() string {
	return fmt.Sprintf("to build %s, %s is needed, and %s; %s", e.What, e.Part, e.Why, e.How)
}

// notInPath reports a program that is not in PATH.
func notInPath(language, program, how string) error {
	return &MissingError{"a probe in " + language, program, "is not in PATH", how}
}

// Ready returns nil if this machine has every part of the toolchain that
// builds probes in the language, or WASI commands, and a *MissingError
// otherwise.
func Ready(ctx context.Context, l Language, command bool) error {
	return toolchains[l].ready(ctx, job{dir: ".", command: command, said: io.Discard})
}
