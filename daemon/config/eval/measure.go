package eval

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// measure evaluates a duration or size: text with a unit.
func (ev *Evaluator) measure(e *syntax.Expr, w want, t manifest.Type) (manifest.Value, bind.State) {
	if e.Kind == syntax.NumExpr {
		return ev.bare(e, e.Num, w, t, fmt.Sprintf("%s needs a unit, because a bare number is ambiguous.", w.Name))
	}
	text, s := ev.text(e, w, t)
	if s != bind.Present {
		return nil, s
	}
	v, err := parseMeasure(text.Reveal(), t)
	if err == nil {
		return v, bind.Present
	}
	if text.HasSecret() || w.Sensitive { // what is wrong with it would tell about it
		ev.out.Err(diag.BadUnit, e.At, fmt.Sprintf("%s must be %s.", w.Name, schema.TypeName(t)), anyUnit(t))
		return nil, bind.Bad
	}
	number, unit := loose(text.Reveal())
	if n, err := strconv.ParseFloat(number, 64); err == nil && unit == "" {
		return ev.bare(e, n, w, t, fmt.Sprintf("%s needs a unit, because %q is ambiguous.", w.Name, diag.Clip(text.Reveal())))
	}
	written := usually(number, unit, t)
	if written == "" && t == manifest.DurationType {
		written = cmp.Or(isoDuration(text.Reveal()), tidied(text.Reveal()))
	}
	if written != "" && w.Holds(written) {
		ev.out.Err(diag.BadUnit, e.At, fmt.Sprintf("%s must be %s; %q has another format.", w.Name, schema.TypeName(t), diag.Clip(text.Reveal())), "use "+strconv.Quote(written)).
			Replace(e.At, strconv.Quote(written))
		return nil, bind.Bad
	}
	detail, fix := fmt.Sprintf("%s must be %s.", w.Name, schema.TypeName(t)), anyUnit(t)
	switch s := strings.TrimSpace(text.Reveal()); {
	case s == "":
		detail = fmt.Sprintf("%s is empty.", w.Name)
	case strings.HasPrefix(s, "-"):
		detail = fmt.Sprintf("%s must not be negative.", w.Name)
	case written != "" && schema.Bounds(w.Row) == "":
		detail, fix = w.Name+" is larger than vega can count.", "use a smaller value, such as "+schema.Sample(t)
	case written != "":
		detail, fix = fmt.Sprintf("%s must be %s, %s.", w.Name, schema.TypeName(t), schema.Bounds(w.Row)), "use a value that is "+schema.Bounds(w.Row)
	case t == manifest.DurationType && (strings.HasPrefix(s, "@") || strings.Count(s, " ") >= 4):
		detail = fmt.Sprintf("%s must be %s; vega has no cron expressions.", w.Name, schema.TypeName(t))
	}
	ev.out.Err(diag.BadUnit, e.At, detail, fix)
	return nil, bind.Bad
}

// isoDuration returns a duration in the format of ISO 8601, such as PT5M, as
// vega reads it; "" if it is none.
func isoDuration(s string) string {
	rest, found := strings.CutPrefix(strings.ToUpper(s), "PT")
	if _, err := time.ParseDuration(strings.ToLower(rest)); !found || err != nil {
		return ""
	}
	return strings.ToLower(rest)
}

func parseMeasure(s string, t manifest.Type) (manifest.Value, error) {
	if t == manifest.SizeType {
		return manifest.ParseSize(s)
	}
	v, err := time.ParseDuration(s)
	if v < 0 {
		err = errors.New("negative")
	}
	return v, err
}

func anyUnit(t manifest.Type) string {
	if t == manifest.SizeType {
		return `use a number with B, KiB, MiB or GiB, such as "64KiB"`
	}
	return `use a number with a unit, such as "500ms", "10s" or "5m"`
}

// bare reports a number without a unit, with an edit if only one unit makes
// sense.
func (ev *Evaluator) bare(e *syntax.Expr, n float64, w want, t manifest.Type, what string) (manifest.Value, bind.State) {
	written, sure := schema.WithUnit(n, w.Row, t)
	fix := fmt.Sprintf("set %s = %q", w.Name, written)
	if !sure {
		fix += ", or use the unit that you mean"
	}
	g := ev.out.Err(diag.BadUnit, e.At, what, fix)
	if sure {
		g.Replace(e.At, strconv.Quote(written))
	}
	return nil, bind.Bad
}

var measured = regexp.MustCompile(`^\s*([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([A-Za-z]*)\s*$`)

// loose splits a loosely written measure into number and unit. It returns "",
// "" for anything else.
func loose(s string) (number, unit string) {
	m := measured.FindStringSubmatch(s)
	if m == nil {
		return "", ""
	}
	return m[1], strings.ToLower(m[2])
}

// usually returns a number with its unit in the form that vega reads, given the
// unit's name or abbreviation. It returns "" if the unit is unknown.
func usually(number, unit string, t manifest.Type) string {
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return ""
	}
	if t == manifest.SizeType {
		name, ok := sizeNames[unit]
		if !ok {
			return ""
		}
		return number + name
	}
	if len(unit) > 2 {
		unit = strings.TrimSuffix(unit, "s")
	}
	switch name := durationNames[unit]; name {
	case "":
		return ""
	case "d", "w":
		hours := map[string]float64{"d": 24, "w": 7 * 24}[name]
		return strconv.FormatFloat(n*hours, 'f', -1, 64) + "h"
	default:
		return number + name
	}
}

var durationPart = regexp.MustCompile(`([0-9]{1,12}(?:[.,][0-9]{1,6})?)\s*([A-Za-z]*)[\s,]*`)

// smaller is the unit after each in a duration such as 1h30.
var smaller = map[string]string{"d": "h", "h": "m", "m": "s", "s": "ms"}

// tidied returns a duration of several parts, or with a decimal comma, as vega
// reads it: 1m30 is 1m30s. It returns "" if it is none.
func tidied(s string) string {
	parts := durationPart.FindAllStringSubmatch(s, -1)
	var b strings.Builder
	read, last := 0, ""
	for _, p := range parts {
		read += len(p[0])
		unit := strings.ToLower(p[2])
		if unit == "" {
			unit = smaller[last]
		}
		written := usually(strings.Replace(p[1], ",", ".", 1), unit, manifest.DurationType)
		if written == "" {
			return ""
		}
		last = durationNames[strings.TrimSuffix(unit, "s")]
		if last == "" {
			last = durationNames[unit]
		}
		b.WriteString(written)
	}
	if _, err := time.ParseDuration(b.String()); read != len(s) || err != nil || len(parts) > 4 {
		return ""
	}
	return b.String()
}

var durationNames = map[string]string{
	"ms": "ms", "msec": "ms", "milli": "ms", "millisecond": "ms",
	"s": "s", "sec": "s", "second": "s",
	"m": "m", "min": "m", "mins": "m", "minute": "m",
	"h": "h", "hr": "h", "hour": "h",
	"d": "d", "day": "d",
	"w": "w", "wk": "w", "week": "w",
}

// sizeNames treats K, M and G as powers of 1024, as most programs do.
var sizeNames = map[string]string{
	"b": "B", "k": "KiB", "kb": "KiB", "ki": "KiB", "kib": "KiB",
	"m": "MiB", "mb": "MiB", "mi": "MiB", "mib": "MiB",
	"g": "GiB", "gb": "GiB", "gi": "GiB", "gib": "GiB",
}
