//go:build !unix || race

package plugins

import "time"

// limitProcess has no limits to set; under the race detector, because that
// reserves terabytes of address space.
func limitProcess(time.Duration) error { return nil }
