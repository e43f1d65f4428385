package schema

import (
	"math"
	"strconv"
	"strings"
	"time"

	"vega/plugins/manifest"
)

// WithUnit adds the most likely unit to a number: the first usual one that
// keeps the value within the row's bounds. sure reports whether that is the
// very first usual one. Times are usually counted in seconds, or in
// milliseconds if the default is below a second; nobody counts days in seconds.
func WithUnit(n float64, r *Row, t manifest.Type) (written string, sure bool) {
	number := strconv.FormatFloat(n, 'f', -1, 64)
	units, certain := []string{"B", "KiB", "MiB", "GiB"}, true
	if t == manifest.DurationType {
		units, certain = r.durationUnits(n)
	} else if n >= 1<<10 && n <= 1<<50 && n == math.Trunc(n) {
		return manifest.Size(n).String(), true // the number most likely counts bytes
	}
	for i, unit := range units {
		if r.Holds(number + unit) {
			return number + unit, certain && i == 0
		}
	}
	return number + units[0], false
}

// durationUnits returns the units that a number without one may have, the most
// likely first. A latency is as often given in milliseconds as in seconds.
func (r *Row) durationUnits(n float64) (units []string, certain bool) {
	usual := time.Second
	if v, err := r.Convert(r.Default); err == nil {
		usual, _ = v.(time.Duration) // it cannot be of another type
	}
	switch {
	case r.Default == nil && strings.HasSuffix(r.Name, "latency") && n >= 20:
		return []string{"ms", "s"}, false
	case r.Default == nil && strings.HasSuffix(r.Name, "latency"):
		return []string{"s", "ms"}, false
	case usual >= time.Hour:
		return []string{"h", "m"}, false
	case usual > 0 && usual < time.Second:
		return []string{"ms", "s", "m", "h"}, true
	default:
		return []string{"s", "ms", "m", "h"}, true
	}
}

// Holds reports whether the row allows a value.
func (r *Row) Holds(written string) bool {
	v, err := r.Convert(written)
	return err == nil && r.Constrain(v) == nil
}
