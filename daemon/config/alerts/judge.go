package alerts

import (
	"fmt"
	"math"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
)

// sampled is how often metrics are sampled, however often they are measured.
const sampled = alert.SampleInterval

// judge reports an alert that can never fire or never clear.
func (d *alertBuilder) judge(s *bind.Section, a *alert.Alert) {
	switch {
	case schema.IsReported(a.Metric):
		d.reported(s, a)
	case a.Metric != "":
		if d.bounds(s, a) {
			d.timing(s, a, sampled, sampled)
		}
	case len(a.Integrations) > 0:
		d.integrations(s, a)
	}
}

// extent is where the values of a metric can be, and why, for a message.
type extent struct {
	lowest, highest float64
	why             string
}

// allValues is the extent of a metric whose values may be any.
var allValues = extent{lowest: math.Inf(-1), highest: math.Inf(1)}

// bounds reports bounds that are out of reach. It returns false if it did.
func (d *alertBuilder) bounds(s *bind.Section, a *alert.Alert) bool {
	in, said := extent{highest: math.Inf(1)}, "never negative"
	if a.Unit == policies.Percent {
		in.highest, said = 100, "always between 0 and 100"
	}
	in.why = fmt.Sprintf("because %s is %s", a.Metric, said)
	never := func(name, fix string) bool {
		d.Out.Err(diag.NeverFires, s.Place(name), fmt.Sprintf("The alert never fires, %s.", in.why), fix)
		return false
	}
	always := func(name, fix string) bool {
		d.Out.Err(diag.NeverClears, s.Place(name), fmt.Sprintf("The alert always fires, %s.", in.why), fix)
		return false
	}
	switch {
	case a.Above != nil && *a.Above >= in.highest:
		return never("above", "use a value below 100")
	case a.Above != nil && *a.Above < 0:
		return always("above", "use a value that is not negative")
	case a.Below != nil && *a.Below <= 0:
		return never("below", "use a value above 0")
	case a.Below != nil && *a.Below > in.highest:
		return always("below", "use a value of at most 100")
	}
	return d.clears(s, a, in) && d.exists(s, a)
}

// clears reports a value of clear at which the alert would not end.
func (d *alertBuilder) clears(s *bind.Section, a *alert.Alert, in extent) bool {
	if a.Clear == nil {
		return true
	}
	at, bound, far := s.Place("clear"), "above", "lower"
	wrong := a.Above != nil && *a.Clear > *a.Above
	if a.Below != nil {
		bound, far, wrong = "below", "higher", *a.Clear < *a.Below
	}
	switch {
	case wrong:
		d.Out.Err(diag.NeverClears, at, fmt.Sprintf("clear must be %s than %s: a value between the two would be bad and good.", far, bound), fmt.Sprintf("use a %s value, or remove clear", far))
	case a.Above != nil && *a.Clear < in.lowest, a.Below != nil && *a.Clear > in.highest:
		d.Out.Err(diag.NeverClears, at, fmt.Sprintf("The alert never clears, %s.", in.why), "use a value that the metric can reach, or remove clear")
	default:
		return true
	}
	return false
}

// exists warns of a metric that a database does not have.
func (d *alertBuilder) exists(s *bind.Section, a *alert.Alert) bool {
	rest, found := strings.CutPrefix(a.Metric, "database.")
	name, figure, _ := strings.Cut(rest, ".")
	base := d.Ev.Databases()[name]
	if !found || figure != "wal_bytes" || base == nil || name == "vega" {
		return true
	}
	if driver := d.Ev.Str(base, "driver"); driver != "sqlite" && driver != "" {
		d.Out.Warn(diag.NeverFires, s.Place("metric"), fmt.Sprintf("database.%s is of the kind %s, and only SQLite has a write-ahead log that vega measures, so the alert never fires.", diag.Clip(name), driver), "remove the alert")
		return false
	}
	return true
}

// timing warns of after or for if the other one alone decides. Evaluations are
// between least and most apart.
func (d *alertBuilder) timing(s *bind.Section, a *alert.Alert, least, most time.Duration) {
	if !has(s, "after") || !has(s, "for") || most == 0 || a.For == 0 {
		return
	}
	switch took := time.Duration(a.After-1) * least; {
	case a.For <= took:
		d.Out.Warn(diag.NoEffect, s.Place("for"), fmt.Sprintf("%d evaluations in a row take %s or longer, so for has no effect.", a.After, check.Span(took)), "use a longer time, or remove for")
	case time.Duration(a.After)*2*most <= a.For:
		d.Out.Warn(diag.NoEffect, s.Place("after"), fmt.Sprintf("More than %d evaluations fit into %s, so after has no effect.", a.After, check.Span(a.For)), "remove after, or for")
	}
}

// integrations warns of an alert that can't fire for what it selects.
func (d *alertBuilder) integrations(s *bind.Section, a *alert.Alert) {
	if d.pick.scanned > maxPatterns { // reported
		return
	}
	all := d.pick.selected(a.Integrations)
	switch {
	case all.total == 0: // reported
	case all.enabled == 0:
		d.Out.Warn(diag.NeverFires, s.Place("integrations"), "Every integration that this selects is disabled, so the alert never fires.", "enable one of them, or remove the alert")
	case all.most > 0:
		d.timing(s, a, all.least, all.most)
	case a.For > 0:
		d.Out.Warn(diag.NeverFires, s.Place("for"), fmt.Sprintf("What this selects runs only on request (%s), so no time is covered by evaluations, and the alert never fires.", diag.Among(all.idle)), "use after in place of for, or set an interval")
	case a.After > 1:
		d.Out.Warn(diag.NeverFires, s.Place("integrations"), fmt.Sprintf("What this selects runs only on request (%s), so there are hardly ever %d evaluations in a row.", diag.Among(all.idle), a.After), "set after = 1, or set an interval")
	}
}
