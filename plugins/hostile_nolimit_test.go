//go:build !linux || race

package plugins_test

import "testing"

// memoryFactor is how much more memory than usual a process takes, timeFactor
// how much more time.
const memoryFactor, timeFactor = 8, 4

// limitAddressSpace has nothing to limit by: under the race detector, because
// that reserves terabytes of address space.
func limitAddressSpace(*testing.T) {}
