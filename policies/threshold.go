package policies

import (
	_ "embed"
	"strings"
)

// Threshold is from where on a figure is a warning, and an error. One of the
// two at least is there, unless it is Off.
type Threshold struct {
	Name     string
	Resource string // the path of a figure: system.memory.percent, database.app.pool.percent
	Unit     Unit
	Below    bool // it is reached from above: less is worse
	Warning  *float64
	Error    *float64
	// Clear is where a warning ends that has begun, on the good side of Warning;
	// where there is no Warning, where an error does. An error ends as far from
	// Error. Nil: each ends where it began.
	Clear *float64

	Off     bool   // nothing is judged by it
	BuiltIn bool   // it came with vega
	At      string // file:line, for a person
}

// Defaults is the file that has the thresholds of a vega that was told none.
//
//go:embed defaults/default.hcl
var Defaults string

// DefaultsName is where that file stands in vega's source.
const DefaultsName = "policies/defaults/default.hcl"

// Kind is the path of a figure alone, without which database it is of:
// pool.percent of database.app.pool.percent and of databases.pool.percent.
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

// level judges v, given the level before. It gets worse at once, and better
// only where Clear says.
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

// held reports whether v has not come far enough from the bound for what began
// there to end.
func (t *Threshold) held(v, bound float64) bool {
	if t.Clear == nil {
		return false
	}
	end := t.End(bound)
	return v != end && t.reached(v, end)
}

// End is where what began at the bound ends.
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

// Bound is where the level begins; 0 for one that has no bound.
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
