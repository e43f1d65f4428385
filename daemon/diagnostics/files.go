package diagnostics

import (
	"errors"
	"math"

	"vega/daemon/diagnostics/system"
)

var errUnlimited = errors.New("unlimited")

func (c *Collector) fileDescriptors(g gaps) FileDescriptors {
	var f FileDescriptors
	open, err := c.sys.OpenFiles()
	f.Open = orNil(g, "file_descriptors.open", open, err)
	soft, hard, err := system.FileLimits()
	f.SoftLimit = fileLimit(g, "file_descriptors.soft_limit", soft, err)
	f.HardLimit = fileLimit(g, "file_descriptors.hard_limit", hard, err)
	switch {
	case f.Open == nil:
		g["file_descriptors.percent"] = g["file_descriptors.open"]
	case f.SoftLimit == nil:
		g["file_descriptors.percent"] = g["file_descriptors.soft_limit"]
	default:
		p := percent(float64(open), float64(soft))
		f.Percent = &p
	}
	return f
}

// fileLimit returns the limit, or nil for no limit, which systems represent by the
// largest number of 63 or 64 bits.
func fileLimit(g gaps, field string, limit uint64, err error) *uint64 {
	if err == nil && limit >= math.MaxInt64 {
		err = errUnlimited
	}
	return orNil(g, field, limit, err)
}
