package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
	"vega/policies"
)

// minBytes is the least number without a unit that may be meant as bytes: in
// disk.free = 20, the 20 are not.
const minBytes = 1 << 20

// boundary checks the bounds of one threshold.
type boundary struct {
	thresholdStage
	s    *bind.Section
	unit policies.Unit
}

// bound returns a bound in the unit of the metric. It returns nil if the bound
// is not set, or if it is wrong, which it reports.
func (b boundary) bound(name string) *float64 {
	v, state := b.ev.Value(b.s, name)
	if state != bind.Present {
		return nil
	}
	e := b.s.Slot(name).Expr
	number, bare := v.(float64)
	switch {
	case bare && (b.unit == policies.Bytes || b.unit == policies.Milliseconds):
		detail := fmt.Sprintf("%s needs a unit, because %s is measured in %s.", name, b.ev.Str(b.s, "metric"), b.unit)
		if b.unit == policies.Bytes && number > 0 && number < minBytes { // hardly meant as bytes
			b.out.Err(diag.BadUnit, e.At, detail, fmt.Sprintf("add the unit that you mean, such as %s = %q", name, strconv.FormatFloat(number, 'f', -1, 64)+"GiB"))
			return nil
		}
		fixed := strconv.FormatFloat(number, 'f', -1, 64) + "ms"
		if b.unit == policies.Bytes {
			fixed, _ = schema.WithUnit(number, b.s.Schema.Row(name), manifest.SizeType)
		}
		fixed = strconv.Quote(fixed)
		b.out.Err(diag.BadUnit, e.At, detail, fmt.Sprintf("set %s = %s", name, fixed)).Replace(e.At, fixed)
		return nil
	case bare:
		return &number
	}
	text := v.(manifest.Text).Reveal()
	switch b.unit {
	case policies.Bytes:
		n, err := manifest.ParseSize(text)
		return b.measured(float64(n), err, name, e, manifest.SizeType)
	case policies.Milliseconds:
		n, err := time.ParseDuration(text)
		return b.measured(float64(n)/float64(time.Millisecond), err, name, e, manifest.DurationType)
	}
	if n, ok := eval.Number(text); ok && e.Computed() { // of env() or file()
		return &n
	}
	fix, plain := "use a number without quotes", strings.TrimSpace(strings.TrimSuffix(text, "%"))
	if plain == "" || !eval.IsNumber(plain) || e.Computed() {
		plain = ""
	} else {
		fix = "use " + plain
	}
	b.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be a plain number, because %s is %s.", name, b.ev.Str(b.s, "metric"), counted(b.unit)), fix).Suggest(e.At, plain)
	return nil
}

// counted names the unit of a metric that is judged by a plain number.
func counted(u policies.Unit) string {
	if u == policies.Percent {
		return "a percentage"
	}
	return "a count"
}

func (b boundary) measured(v float64, err error, name string, e *syntax.Expr, t manifest.Type) *float64 {
	if err == nil {
		return &v
	}
	b.out.Err(diag.BadUnit, e.At, fmt.Sprintf("%s must be %s, because %s is measured in %s.", name, schema.TypeName(t), b.ev.Str(b.s, "metric"), b.unit), "use a value such as "+schema.Sample(t))
	return nil
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
		if bound.v != nil && !b.reachable(t, bound.name, *bound.v) {
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
	} else if t.Clear != nil && *t.Clear < 0 {
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
