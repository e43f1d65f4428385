package eval

import (
	"fmt"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

// usual warns of a value that is allowed but unusual.
func (ev *Evaluator) usual(t *bind.Slot) {
	u := t.Row.Usual
	if u == nil {
		return
	}
	if v, ok := magnitude(t.Value); !ok || v >= u.Min && v <= u.Max {
		return
	}
	low, high := schema.Amount(u.Min, t.Row.Type), schema.Amount(u.Max, t.Row.Type)
	ev.out.Warn(diag.Unusual, t.Expr.At, fmt.Sprintf("%s is usually between %s and %s. %s", t.Row.Name, low, high, u.Why),
		fmt.Sprintf("use a value from %s to %s, or ignore this warning if you mean the value", low, high))
}

// magnitude returns the number that bounds apply to.
func magnitude(v manifest.Value) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case time.Duration:
		return v.Seconds(), true
	case manifest.Size:
		return float64(v), true
	default:
		return 0, false
	}
}
