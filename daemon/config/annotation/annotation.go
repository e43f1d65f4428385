// Package annotation reads what an integration says about itself for people and
// other programs: its group, labels, description and runbook. vega shows them
// and does nothing else with them.
package annotation

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// Annotations describe an integration.
type Annotations struct {
	Group       string
	Labels      map[string]string // nil if there are none
	Description string
	Runbook     string // a URL
}

// The limits, in characters, except for labels.
const (
	maxGroup       = 64
	maxDescription = 500
	maxLabels      = 32
	maxLabel       = 256
)

// labelName is what Prometheus allows as the name of a label.
var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// reserved are the labels that vega's metrics have, or that Prometheus adds.
var reserved = []string{"cause", "group", "instance", "integration", "job", "le", "plugin", "probe", "quantile", "status"}

// Of returns the annotations in the block of an integration, and reports what
// is not valid.
func Of(s *bind.Section, ev *eval.Evaluator, out *diag.Collector) Annotations {
	r := reader{s, ev, out}
	return Annotations{
		Group: r.line("group", maxGroup), Labels: r.labels(),
		Description: r.line("description", maxDescription), Runbook: ev.Str(s, "runbook"),
	}
}

type reader struct {
	s   *bind.Section
	ev  *eval.Evaluator
	out *diag.Collector
}

// line returns a text that must fit on a line.
func (r reader) line(name string, most int) string {
	text := r.ev.Str(r.s, name)
	switch at := r.s.Place(name); {
	case r.s.Slot(name) == nil:
	case utf8.RuneCountInString(text) > most:
		r.out.Err(diag.OutOfBounds, at, fmt.Sprintf("%s is longer than %d characters.", name, most), "shorten it")
	case !printable(text) || strings.TrimSpace(text) != text:
		r.out.Err(diag.OutOfBounds, at, name+" must be one line of text, without blanks at its ends.", "remove line breaks, control characters and those blanks")
	}
	return text
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) })
}

func (r reader) labels() map[string]string {
	all := eval.Get[map[string]manifest.Value](r.ev, r.s, "labels")
	if len(all) == 0 {
		return nil
	}
	at := r.s.Place("labels")
	if len(all) > maxLabels {
		r.out.Err(diag.TooMuch, at, fmt.Sprintf("There are %d labels, more than %d.", len(all), maxLabels), "remove some")
	}
	labels := make(map[string]string, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		text, _ := all[key].(manifest.Text)
		labels[key] = text.Reveal()
		r.label(key, labels[key], r.keyAt(key, at))
	}
	return labels
}

// keyAt returns the place of a key of labels.
func (r reader) keyAt(key string, otherwise diag.Place) diag.Place {
	for _, e := range r.s.Slot("labels").Expr.Items {
		if e.Kind == syntax.TextExpr && e.Text == key {
			return e.At
		}
	}
	return otherwise
}

func (r reader) label(key, value string, at diag.Place) {
	switch {
	case !labelName.MatchString(key) || strings.HasPrefix(key, "__"):
		r.out.Err(diag.BadName, at, fmt.Sprintf("%q is not a valid label.", diag.Clip(key)), "use letters, digits and underscores; start with a letter or a single underscore")
	case slices.Contains(reserved, key):
		r.out.Err(diag.BadName, at, fmt.Sprintf("The label %q is reserved: vega's metrics or Prometheus use it.", key), "choose another name, such as service_"+key)
	case len(value) > maxLabel || !printable(value):
		r.out.Err(diag.OutOfBounds, at, fmt.Sprintf("The label %q must be one line of at most %d bytes.", key, maxLabel), "shorten it, and remove control characters")
	}
}
