package policies

import (
	_ "embed"
	"strings"
)

// Threshold sets the values at which the level of a figure becomes warning and
// error. It sets at least one of the two, unless it is Off.
type Threshold struct {
	Name     string
	Resource string // the path of a figure: system.memory.percent, database.app.pool.percent
	Unit     Unit
	Below    bool // the threshold is reached from above, because a lower value is worse
	Warning  *float64
	Error    *float64
	// Clear is the value at which a warning ends, on the good side of Warning. An
	// error ends at the same distance from Error. If Warning is not set, Clear is
	// the value at which an error ends. If Clear is nil, each level ends at the
	// value at which it begins.
	Clear *float64

	Off     bool   // ignore this threshold
	BuiltIn bool   // ships with vega
	At      string // file:line, for messages
}

// Defaults is the HCL source of the built-in thresholds.
//
//go:embed defaults/default.hcl
var Defaults string

// DefaultsName is the path of the file with Defaults in vega's source tree.
const DefaultsName = "policies/defaults/default.hcl"

// DefaultAlerts is the HCL source of the built-in alerts.
//
//go:embed defaults/alerts.hcl
var DefaultAlerts string

// DefaultAlertsName is the path of the file with DefaultAlerts in vega's source tree.
const DefaultAlertsName = "policies/defaults/alerts.hcl"

// Kind strips the database from a resource: it returns pool.percent for both
// database.app.pool.percent and databases.pool.percent. It returns any other
// resource unchanged.
func Kind(resource string) string {
	if rest, ok := strings.CutPrefix(resource, "databases."); ok {
		return rest
	}
	if rest, ok := strings.CutPrefix(resource, "database."); ok {
		_, rest, _ = strings.Cut(rest, ".")
		return rest
	}
	return resource
}

// reached reports whether v is at the bound or beyond it.
func (t *Threshold) reached(v, bound float64) bool {
	if t.Below {
		return v <= bound
	}
	return v >= bound
}

// level returns the level of v, given the previous level. A level rises immediately
// but falls only when v has reached Clear.
func (t *Threshold) level(v float64, was Level) Level {
	switch {
	case t.Error != nil && (t.reached(v, *t.Error) || was == LevelError && t.held(v, *t.Error)):
		return LevelError
	case t.Warning != nil && (t.reached(v, *t.Warning) || was != LevelHealthy && t.held(v, *t.Warning)):
		return LevelWarning
	default:
		return LevelHealthy
	}
}

// held reports whether a level that began at the bound persists because v is still
// too close to it.
func (t *Threshold) held(v, bound float64) bool {
	if t.Clear == nil {
		return false
	}
	end := t.End(bound)
	return v != end && t.reached(v, end)
}

// End returns the value at which a level that began at the bound ends.
func (t *Threshold) End(bound float64) float64 {
	switch {
	case t.Clear == nil:
		return bound
	case t.Warning != nil:
		return bound - (*t.Warning - *t.Clear)
	default:
		return bound - (*t.Error - *t.Clear)
	}
}

// Bound returns the value at which the level begins, or 0 if the threshold does
// not set that level.
func (t *Threshold) Bound(l Level) float64 {
	switch {
	case l == LevelError && t.Error != nil:
		return *t.Error
	case l == LevelWarning && t.Warning != nil:
		return *t.Warning
	default:
		return 0
	}
}
