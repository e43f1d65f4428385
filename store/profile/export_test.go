package profile

import "time"

// Percentiles returns percentiles from a histogram of the durations.
func Percentiles(all []time.Duration, parts ...float64) []time.Duration {
	var s stats
	s.init()
	for _, d := range all {
		s.add(d, false, false)
	}
	var f figures
	f.read(&s)
	found := make([]time.Duration, len(parts))
	for i, part := range parts {
		found[i] = f.percentile(part)
	}
	return found
}
