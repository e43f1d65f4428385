//go:build !unix || race

package compiler

import "time"

// LimitProcess does nothing: this system has no such limits, or the race detector
// is on, which reserves terabytes of address space.
func LimitProcess(time.Duration) error { return nil }
