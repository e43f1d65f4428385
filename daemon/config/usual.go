package config

import (
	"fmt"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

// usual warns of a value that is allowed and out of the ordinary.
func (d *decoder) usual(t *slot) {
	u := t.row.Usual
	if u == nil {
		return
	}
	if v, ok := magnitude(t.value); !ok || v >= u.Min && v <= u.Max {
		return
	}
	least, most := schema.Amount(u.Min, t.row.Type), schema.Amount(u.Max, t.row.Type)
	d.out.Warn(diag.Unusual, t.expr.At, fmt.Sprintf("%s is seldom meant to be less than %s or more than %s. %s", t.row.Name, least, most, u.Why),
		fmt.Sprintf("write a value from %s to %s, or leave it if you mean it", least, most))
}

// magnitude is the number that bounds are held against.
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
