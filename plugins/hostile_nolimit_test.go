//go:build !linux || race

package plugins_test

import "testing"

// memoryFactor and timeFactor are how many times the usual memory and time a process
// takes.
const memoryFactor, timeFactor = 8, 4

// limitAddressSpace does nothing: this system has no such limit, or the race detector
// is on, which reserves terabytes of address space.
func limitAddressSpace(*testing.T) {}
