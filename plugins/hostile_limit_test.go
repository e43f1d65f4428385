//go:build linux && !race

package plugins_test

import (
	"testing"

	"golang.org/x/sys/unix"
)

// memoryFactor and timeFactor are how many times the usual memory and time a process
// takes.
const memoryFactor, timeFactor = 1, 1

// limitAddressSpace protects the machine from a process without defences.
func limitAddressSpace(t *testing.T) {
	const limit = 4 << 30
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
}
