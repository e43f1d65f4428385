//go:build !unix

package scheduler

import "time"

// ProcessTime returns 0, because this system does not report the CPU time of a
// process.
func ProcessTime() time.Duration { return 0 }
