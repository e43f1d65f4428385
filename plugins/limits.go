package plugins

import (
	"time"

	"vega/plugins/manifest"
)

// Limits of one run. A probe that exceeds a limit on its results is at fault
// (cause probe); log lines are dropped instead, and the log says how many.
const (
	DefaultMemory manifest.Size = 32 << 20
	// DefaultHostMemory is the maximum that the host holds on behalf of all runs.
	DefaultHostMemory manifest.Size = 256 << 20

	maxHandles  = 16
	maxQueries  = 3       // open at the same time; vega has few connections to a database, and each run leaves one to others
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
	maxText     = 8 << 20 // bytes of a string to match
	maxAudit    = 16      // denied calls that are kept

	// headStart is how long before the deadline host calls time out, so the
	// guest can still report what it was waiting for.
	headStart = 50 * time.Millisecond
)
