package policies

import (
	"fmt"
	"strconv"
	"strings"

	"vega/policies/check"
)

// Unit is the unit of a figure.
type Unit string

// The units. A Count is a plain number, for example of goroutines or cores.
const (
	Count        Unit = "count"
	Percent      Unit = "percent"      // 0 to 100
	Bytes        Unit = "bytes"        // written as "2GiB"
	Milliseconds Unit = "milliseconds" // written as "250ms"
)

// UnitOf returns the unit that a probe gives for a metric, such as "ms" or "bytes". One
// that vega does not know is kept, and written behind the value: "12 days".
func UnitOf(reported string) Unit {
	switch strings.ToLower(reported) {
	case "", "count", "c":
		return Count
	case "ms", "milliseconds":
		return Milliseconds
	case "bytes", "b", "byte":
		return Bytes
	case "percent", "%":
		return Percent
	default:
		return Unit(reported)
	}
}

// scales are units that probes report, in vega's own ones.
var scales = map[Unit]struct {
	unit   Unit
	factor float64
}{
	"s": {Milliseconds, 1e3}, "seconds": {Milliseconds, 1e3}, "us": {Milliseconds, 1e-3}, "µs": {Milliseconds, 1e-3}, "ns": {Milliseconds, 1e-6},
	"KB": {Bytes, 1 << 10}, "KiB": {Bytes, 1 << 10}, "MB": {Bytes, 1 << 20}, "MiB": {Bytes, 1 << 20},
	"GB": {Bytes, 1 << 30}, "GiB": {Bytes, 1 << 30}, "TB": {Bytes, 1 << 40}, "TiB": {Bytes, 1 << 40},
}

// BaseUnit returns the unit in which Prometheus expects a value that a probe reports in
// another one, and what the value is multiplied by: seconds, bytes or percent. Any other
// unit stays as it is.
func BaseUnit(reported string) (name string, factor float64) {
	unit, factor := UnitOf(reported), 1.0
	if scale, ok := scales[unit]; ok {
		unit, factor = scale.unit, scale.factor
	}
	switch unit {
	case Milliseconds:
		return "seconds", factor * 1e-3
	case Bytes:
		return "bytes", factor
	case Percent:
		return "percent", 1
	default:
		return reported, 1
	}
}

// In returns the reading in the unit of a bound, such as that of "250ms". It is unknown
// if it can't be compared with that: if a probe reported it in a unit of another kind.
func (r Reading) In(u Unit) Reading {
	scale, scaled := scales[r.ReportedUnit]
	switch {
	case r.Unknown != "" || u == "" || u == Count || r.ReportedUnit == "" || r.ReportedUnit == Count || r.ReportedUnit == u:
	case scaled && scale.unit == u:
		r.Value, r.ReportedUnit = r.Value*scale.factor, u
	default:
		r.Unknown = fmt.Sprintf("it is reported in %s, which can't be compared with %s", r.ReportedUnit, u)
	}
	return r
}

// Or returns the unit, or the other one if it is a plain number.
func (u Unit) Or(other Unit) Unit {
	if (u == "" || u == Count) && other != "" {
		return other
	}
	return u
}

// Format formats a value with its unit for display, such as "87.3 %" or "1.5 GiB".
func (u Unit) Format(v float64) string {
	switch u {
	case Percent:
		return check.Rounded(v) + " %"
	case Milliseconds:
		if v >= 1000 || v <= -1000 {
			return seconds(v/1000) + " s"
		}
		return check.Rounded(v) + " ms"
	case Bytes:
		return check.Bytes(v)
	case Count, "":
		return check.Rounded(v)
	default:
		return check.Rounded(v) + " " + string(u)
	}
}

// seconds formats v with up to three decimals.
func seconds(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', 3, 64), "0"), ".")
}
