//go:build !unix || race

package compiler

import "time"

// LimitProcess does nothing, because this system has no such limits, or because
// the race detector, which reserves terabytes of address space, is on.
func LimitProcess(time.Duration) error { return nil }
