package config

import (
	"fmt"
	"math"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/schema"
	"vega/policies"
)

// boundary checks the bounds of one threshold.
type boundary struct {
	thresholdStage
	s    *bind.Section
	unit policies.Unit
}

// bound returns a bound in the unit of the metric, nil if it is not set or wrong.
func (b boundary) bound(name string) *float64 {
	return eval.Quantity(b.ev, b.s, name, b.ev.Str(b.s, "metric"), b.unit)
}

// judge reports bounds that contradict each other or are out of reach.
func (b boundary) judge(t policies.Threshold) {
	if t.Warning == nil && t.Error == nil {
		if len(b.s.Strays) == 0 { // otherwise they are written under other names
			b.out.Err(diag.Required, b.s.Head, fmt.Sprintf("%s sets neither warning nor error.", b.s.Title()), "set warning, error or both; to disable the threshold, set enabled = false")
		}
		return
	}
	for _, bound := range []struct {
		name string
		v    *float64
	}{{"warning", t.Warning}, {"error", t.Error}} {
		if bound.v != nil && !schema.IsReported(t.Resource) && !b.reachable(t, bound.name, *bound.v) {
			return
		}
	}
	far, near := "lower", "higher"
	if t.Below {
		far, near = near, far
	}
	if t.Warning != nil && t.Error != nil && !beyond(t.Below, *t.Error, *t.Warning) {
		b.out.Err(diag.Contradiction, b.at("error"), fmt.Sprintf("error must be %s than warning, because %s values of %s are worse.", near, near, t.Resource),
			fmt.Sprintf("set error to a value that is %s than warning%s", near, b.otherwise(t)))
		return
	}
	first, name := t.Warning, "warning"
	if first == nil {
		first, name = t.Error, "error"
	}
	if t.Clear != nil && !beyond(t.Below, *first, *t.Clear) {
		b.out.Err(diag.Contradiction, b.at("clear"), fmt.Sprintf("clear must be %s than %s; otherwise the %s would never end.", far, name, name), fmt.Sprintf("use a %s value, or remove clear", far))
	} else if t.Clear != nil && *t.Clear < 0 && !schema.IsReported(t.Resource) {
		b.out.Err(diag.OutOfReach, b.at("clear"), fmt.Sprintf("%s is never negative, so the warning would never end.", t.Resource), "use a value that is not negative")
	}
}

// beyond reports whether a is worse than b.
func beyond(below bool, a, b float64) bool {
	if below {
		return a < b
	}
	return a > b
}

func (b boundary) otherwise(t policies.Threshold) string {
	if b.s.Slot("when") == nil && !t.Below {
		return ` or, if lower values are worse, set when = "below"`
	}
	return ""
}

// reachable reports whether some readings reach a bound but not all. Otherwise
// it reports a diagnostic.
func (b boundary) reachable(t policies.Threshold, name string, v float64) bool {
	highest, extent := math.Inf(1), "never negative"
	if t.Unit == policies.Percent {
		highest, extent = 100, "always between 0 and 100"
	}
	how, fix := "", ""
	switch {
	case !t.Below && v > highest:
		how, fix = "never", "use a value of at most 100"
	case !t.Below && v <= 0:
		how, fix = "always", "use a value above 0"
	case t.Below && v < 0:
		how, fix = "never", "use a value that is not negative"
	case t.Below && v >= highest:
		how, fix = "always", "use a value below 100"
	default:
		return true
	}
	b.out.Err(diag.OutOfReach, b.at(name), fmt.Sprintf("%s is %s reached, because %s is %s.", name, how, t.Resource, extent), fix)
	return false
}

func (b boundary) at(name string) diag.Place { return b.s.Slot(name).Expr.At }
