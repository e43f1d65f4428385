package publish

import (
	"math"
	"strconv"
)

// Percent returns a part as a percentage. It is rounded down, so that only an integration
// that was never down has 100 %.
func Percent(part float64) string {
	return strconv.FormatFloat(math.Floor(part*10000+1e-9)/100, 'f', 2, 64) + " %"
}
