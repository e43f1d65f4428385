//go:build !unix || race

package plugins

// limitProcess has no limits to set; under the race detector, because that
// reserves terabytes of address space.
func limitProcess() error { return nil }
