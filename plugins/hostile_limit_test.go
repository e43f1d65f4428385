//go:build linux && !race

package plugins_test

import (
	"testing"

	"golang.org/x/sys/unix"
)

// memoryFactor is how much more memory than usual a process takes, timeFactor
// how much more time.
const memoryFactor, timeFactor = 1, 1

// limitAddressSpace keeps a process without defences from taking the machine
// with it.
func limitAddressSpace(t *testing.T) {
	const most = 4 << 30
	if err := unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: most, Max: most}); err != nil {
		t.Fatal(err)
	}
}
