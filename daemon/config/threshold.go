package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
	"vega/policies"
)

// thresholds are those of the file and, where none of these takes its place,
// vega's own, in order of name.
func (d *decoder) thresholds() []policies.Threshold {
	var own []policies.Threshold
	seen := map[string]diag.Place{}
	for _, s := range d.root.all("threshold") {
		t, ok := d.threshold(s)
		if !ok {
			continue
		}
		at := s.slot("resource").expr.At
		judged := fmt.Sprint(t.Resource, t.Below)
		if first, again := seen[judged]; again {
			d.out.Err(diag.Twice, at, fmt.Sprintf("The threshold at %s judges %s already.", first, t.Resource), "join the two: one threshold has a warning and an error")
			continue
		}
		seen[judged] = at
		own = append(own, t)
		d.missed(s, t)
	}
	all := slices.Concat(own, slices.DeleteFunc(defaultThresholds(), func(t policies.Threshold) bool { return replaced(t, own) }))
	slices.SortFunc(all, func(a, b policies.Threshold) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// replaced reports whether one of own is in the place of vega's t.
func replaced(t policies.Threshold, own []policies.Threshold) bool {
	return slices.ContainsFunc(own, func(o policies.Threshold) bool { return o.Name == t.Name || o.Resource == t.Resource })
}

// missed warns of a threshold by whose name, and for no other reason, a
// resource is not judged any more.
func (d *decoder) missed(s *section, t policies.Threshold) {
	all := defaultThresholds()
	n := slices.IndexFunc(all, func(b policies.Threshold) bool { return b.Name == t.Name && b.Resource != t.Resource })
	if n < 0 || d.judges(all[n].Resource) {
		return
	}
	d.out.Warn(diag.TakesPlace, s.head, fmt.Sprintf("vega's own threshold %q judges %s. This one takes its place, so that nothing judges that any more.", t.Name, all[n].Resource),
		fmt.Sprintf("give it a name of its own; to judge %s no more, write a threshold for it with enabled = false", all[n].Resource))
}

// judges reports whether some threshold of the file names the resource.
func (d *decoder) judges(resource string) bool {
	return slices.ContainsFunc(d.root.all("threshold"), func(s *section) bool { return d.str(s, "resource") == resource })
}

// threshold is one block; false if nothing can be made of it.
func (d *decoder) threshold(s *section) (policies.Threshold, bool) {
	complete := d.settle(s)
	t := policies.Threshold{Name: s.name, At: s.head.String(), Resource: d.str(s, "resource"), Off: !get[bool](d, s, "enabled")}
	figure, ok := schema.FindFigure(t.Resource)
	if !complete || !ok {
		return t, false
	}
	t.Unit, t.Below = figure.Unit, figure.Left
	if when := d.str(s, "when"); when != "" {
		t.Below = when == "below"
	}
	b := boundary{d, s, figure.Unit}
	before := d.out.Errors()
	t.Warning, t.Error, t.Clear = b.value("warning"), b.value("error"), b.value("clear")
	unsure := slices.ContainsFunc(s.slots, (*slot).unsure)
	if d.out.Errors() == before && !unsure && !t.Off {
		b.judge(t)
	}
	return t, d.out.Errors() == before && !unsure
}

// boundary judges the bounds of one threshold.
type boundary struct {
	*decoder
	s    *section
	unit policies.Unit
}

// value is a bound as the figure counts; nil if it is not set, or of no use,
// which is reported.
func (b boundary) value(name string) *float64 {
	v, state := b.decoder.value(b.s, name)
	if state != present {
		return nil
	}
	e := b.s.slot(name).expr
	number, bare := v.(float64)
	switch {
	case bare && (b.unit == policies.Bytes || b.unit == policies.Milliseconds):
		fixed := strconv.FormatFloat(number, 'f', -1, 64) + "ms"
		if b.unit == policies.Bytes {
			fixed, _ = schema.WithUnit(number, b.s.schema.Row(name), manifest.SizeType)
		}
		fixed = strconv.Quote(fixed)
		b.out.Err(diag.BadUnit, e.At, fmt.Sprintf("%s needs a unit: a bare number does not say what it counts, and %s is in %s.", name, b.str(b.s, "resource"), b.unit),
			fmt.Sprintf("write %s = %s", name, fixed)).Replace(e.At, fixed)
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
	fix, plain := "write a number, without quotes", strings.TrimSpace(strings.TrimSuffix(text, "%"))
	if plain == "" || !isNumber(plain) || e.Computed() {
		plain = ""
	} else {
		fix = "write " + plain
	}
	b.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be a number: %s is %s.", name, b.str(b.s, "resource"), counted(b.unit)), fix).Suggest(e.At, plain)
	return nil
}

// counted says how a figure counts that is written as a plain number.
func counted(u policies.Unit) string {
	if u == policies.Percent {
		return "in percent"
	}
	return "a count"
}

func (b boundary) measured(v float64, err error, name string, e *syntax.Expr, t manifest.Type) *float64 {
	if err == nil {
		return &v
	}
	b.out.Err(diag.BadUnit, e.At, fmt.Sprintf("%s is not %s, and %s is in %s.", name, schema.TypeName(t), b.str(b.s, "resource"), b.unit), "write "+schema.Sample(t))
	return nil
}

// judge reports what can't be meant.
func (b boundary) judge(t policies.Threshold) {
	if t.Warning == nil && t.Error == nil {
		b.out.Err(diag.Required, b.s.head, fmt.Sprintf("%s says neither from where on there is a warning nor an error.", b.s.title()), "write warning = …, or error = …, or both; to judge by it no more, write enabled = false")
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
	far, near := "less", "more"
	if t.Below {
		far, near = near, far
	}
	if t.Warning != nil && t.Error != nil && !beyond(t.Below, *t.Error, *t.Warning) {
		b.out.Err(diag.Contradiction, b.at("error"), fmt.Sprintf("A warning must come before an error, and so be %s: %s is worse the %s it is.", far, t.Resource, near),
			fmt.Sprintf("write an error that is %s than the warning%s", near, b.otherwise(t)))
		return
	}
	first := t.Warning
	if first == nil {
		first = t.Error
	}
	if t.Clear != nil && !beyond(t.Below, *first, *t.Clear) {
		b.out.Err(diag.Contradiction, b.at("clear"), fmt.Sprintf("What begins must be able to end: clear must be %s than where it begins.", far), fmt.Sprintf("write a value that is %s, or remove clear", far))
	} else if t.Clear != nil && *t.Clear < 0 {
		b.out.Err(diag.OutOfReach, b.at("clear"), fmt.Sprintf("%s is never less than 0, so that what began would not end.", t.Resource), "write a value that is not negative")
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
	if b.s.slot("when") == nil && !t.Below {
		return `, or, if less is worse, when = "below"`
	}
	return ""
}

// reachable reports what no reading, or every reading, reaches.
func (b boundary) reachable(t policies.Threshold, name string, v float64) bool {
	most, extent := math.Inf(1), "0 or more"
	if t.Unit == policies.Percent {
		most, extent = 100, "from 0 to 100"
	}
	how, fix := "", ""
	switch {
	case !t.Below && v > most:
		how, fix = "never", "write a value that is at most 100"
	case !t.Below && v <= 0:
		how, fix = "always", "write a value that is more than 0"
	case t.Below && v < 0:
		how, fix = "never", "write a value that is 0 or more"
	case t.Below && v >= most:
		how, fix = "always", "write a value that is less than 100"
	default:
		return true
	}
	b.out.Err(diag.OutOfReach, b.at(name), fmt.Sprintf("%s is %s reached: %s is %s.", name, how, t.Resource, extent), fix)
	return false
}

func (b boundary) at(name string) diag.Place { return b.s.slot(name).expr.At }
