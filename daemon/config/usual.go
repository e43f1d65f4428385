package config

import (
	"fmt"
	"time"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

// usual are bounds that a value may leave, but seldom does on purpose. Like
// those of an option they count in seconds or bytes.
type usual struct {
	least, most float64
	why         string
}

// usual warns of a value that is allowed and out of the ordinary.
func (d *decoder) usual(t *slot) {
	u := t.row.usual
	if u == nil {
		return
	}
	if v, ok := magnitude(t.value); !ok || v >= u.least && v <= u.most {
		return
	}
	least, most := amount(u.least, t.row.Type), amount(u.most, t.row.Type)
	d.out.Warn(diag.Unusual, t.expr.At, fmt.Sprintf("%s is seldom meant to be less than %s or more than %s. %s", t.row.Name, least, most, u.why),
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
