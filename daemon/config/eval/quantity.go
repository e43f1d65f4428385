package eval

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
	"vega/policies"
)

// minBytes is the least number without a unit that may be meant as bytes: in
// disk.free = 20, the 20 are not.
const minBytes = 1 << 20

// Quantity returns the value of an attribute in the unit of a metric. It returns nil
// if the attribute is not set, or if it is wrong, which it reports.
func Quantity(ev *Evaluator, s *bind.Section, name, metric string, unit policies.Unit) *float64 {
	v, state := ev.Value(s, name)
	if state != bind.Present {
		return nil
	}
	q := quantity{ev.out, s.Slot(name), metric, unit}
	if number, bare := v.(float64); bare {
		return q.number(number)
	}
	text := v.(manifest.Text).Reveal()
	switch unit {
	case policies.Bytes:
		n, err := manifest.ParseSize(text)
		return q.measured(float64(n), err, manifest.SizeType)
	case policies.Milliseconds:
		n, err := time.ParseDuration(text)
		return q.measured(float64(n)/float64(time.Millisecond), err, manifest.DurationType)
	default:
		return q.plain(text)
	}
}

// quantity is a value in the unit of a metric.
type quantity struct {
	out    *diag.Collector
	slot   *bind.Slot
	metric string
	unit   policies.Unit
}

// number takes a number without a unit, which is wrong for bytes and durations.
func (q quantity) number(n float64) *float64 {
	if q.unit != policies.Bytes && q.unit != policies.Milliseconds {
		return &n
	}
	name, at := q.slot.Row.Name, q.slot.Expr.At
	written := strconv.FormatFloat(n, 'f', -1, 64)
	detail := fmt.Sprintf("%s needs a unit, because %s is measured in %s.", name, q.metric, q.unit)
	if q.unit == policies.Bytes && n > 0 && n < minBytes { // hardly meant as bytes
		q.out.Err(diag.BadUnit, at, detail, fmt.Sprintf("add the unit that you mean, such as %s = %q", name, written+"GiB"))
		return nil
	}
	fixed := written + "ms"
	if q.unit == policies.Bytes {
		fixed, _ = schema.WithUnit(n, q.slot.Row, manifest.SizeType)
	}
	fixed = strconv.Quote(fixed)
	q.out.Err(diag.BadUnit, at, detail, fmt.Sprintf("set %s = %s", name, fixed)).Replace(at, fixed)
	return nil
}

// plain takes text in place of a number, which is right only from env() or file().
func (q quantity) plain(text string) *float64 {
	e := q.slot.Expr
	if n, ok := Number(text); ok && e.Computed() {
		return &n
	}
	fix, plain := "use a number without quotes", strings.TrimSpace(strings.TrimSuffix(text, "%"))
	if plain == "" || !IsNumber(plain) || e.Computed() {
		plain = ""
	} else {
		fix = "use " + plain
	}
	q.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be a plain number, because %s is %s.", q.slot.Row.Name, q.metric, counted(q.unit)), fix).Suggest(e.At, plain)
	return nil
}

// counted names the unit of a metric that is judged by a plain number.
func counted(u policies.Unit) string {
	if u == policies.Percent {
		return "a percentage"
	}
	return "a count"
}

func (q quantity) measured(v float64, err error, t manifest.Type) *float64 {
	if err == nil {
		return &v
	}
	q.out.Err(diag.BadUnit, q.slot.Expr.At, fmt.Sprintf("%s must be %s, because %s is measured in %s.", q.slot.Row.Name, schema.TypeName(t), q.metric, q.unit), "use a value such as "+schema.Sample(t))
	return nil
}
