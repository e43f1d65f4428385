package plugins

import (
	"errors"
	"runtime"
	"time"

	"vega/plugins/manifest"
	"vega/policies/check"
)

// What one run may use. A probe that goes over a cap on its results is at
// fault (cause probe); logs are cut instead, with a note of how much.
const (
	DefaultMemory manifest.Size = 32 << 20
	MaxMemory     manifest.Size = 256 << 20

	// DefaultCPUBudget is how long a run may compute, what it waits not counted.
	DefaultCPUBudget = 500 * time.Millisecond

	maxHandles  = 16
	maxQueries  = 3       // of them: vega has few connections to a database, and each run leaves one to others
	maxMessage  = 1 << 10 // bytes of the one-line result
	maxDetails  = 64
	maxDetail   = 4 << 10 // bytes of a detail's value
	maxName     = 128     // bytes of a detail's or metric's name, or a unit
	maxMetrics  = 64
	maxLogLines = 64
	maxLogLine  = 1 << 10
	maxArgument = 64 << 10 // bytes of a key, URL, header, query, pattern …
	maxHeaders  = 64
	maxWrite    = 1 << 20 // bytes of a request body, or of one write
	maxKVKey    = 256
	maxKVValue  = 1 << 20
	maxText     = 8 << 20 // bytes of a text to match
	maxAudit    = 16      // denied calls that are kept

	// headStart is how long before the deadline host calls end with a timeout,
	// so that the guest can still say what it was waiting for.
	headStart = 50 * time.Millisecond
)

const pageSize = 64 << 10

func compileWorkers() int { return max(1, runtime.GOMAXPROCS(0)) }

// clipError keeps a hostile module from filling a log by its names.
func clipError(err error) error {
	if s := err.Error(); len(s) > 500 {
		return errors.New(check.OneLine(check.Clip(s, 500)))
	}
	return err
}
