package config

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// measure is a duration or a size: text with a unit.
func (d *decoder) measure(e *syntax.Expr, r *schema.Row, t manifest.Type) (manifest.Value, state) {
	if e.Kind == syntax.NumExpr {
		return d.bare(e, e.Num, r, t, fmt.Sprintf("%s needs a unit: a bare number does not say what it counts.", r.Name))
	}
	text, s := d.text(e, r, t)
	if s != present {
		return nil, s
	}
	v, err := parseMeasure(text.Reveal(), t)
	if err == nil {
		return v, present
	}
	if text.HasSecret() || r.Sensitive {
		d.out.Err(diag.BadUnit, e.At, fmt.Sprintf("%s is not %s.", r.Name, schema.TypeName(t)), anyUnit(t))
		return nil, bad
	}
	number, unit := loose(text.Reveal())
	if n, err := strconv.ParseFloat(number, 64); err == nil && unit == "" {
		return d.bare(e, n, r, t, fmt.Sprintf("%s needs a unit: %q does not say what it counts.", r.Name, diag.Clip(text.Reveal())))
	}
	if written := usually(number, unit, t); written != "" && r.Holds(written) {
		d.out.Err(diag.BadUnit, e.At, fmt.Sprintf("%s is not %s: %q is not how vega reads it.", r.Name, schema.TypeName(t), diag.Clip(text.Reveal())), "write "+strconv.Quote(written)).
			Replace(e.At, strconv.Quote(written))
		return nil, bad
	}
	d.out.Err(diag.BadUnit, e.At, fmt.Sprintf("%s is not %s.", r.Name, schema.TypeName(t)), anyUnit(t))
	return nil, bad
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
		return `write a number and B, KiB, MiB or GiB, such as "64KiB"`
	}
	return `write a number and its unit, such as "500ms", "10s" or "5m"`
}

// bare reports a number without a unit, and puts in its place what is meant
// for certain.
func (d *decoder) bare(e *syntax.Expr, n float64, r *schema.Row, t manifest.Type, what string) (manifest.Value, state) {
	written, sure := schema.WithUnit(n, r, t)
	fix := fmt.Sprintf("write %s = %q", r.Name, written)
	if !sure {
		fix += ", or with the unit that you mean"
	}
	g := d.out.Err(diag.BadUnit, e.At, what, fix)
	if sure {
		g.Replace(e.At, strconv.Quote(written))
	}
	return nil, bad
}

var measured = regexp.MustCompile(`^\s*([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([A-Za-z]*)\s*$`)

// loose takes a measure apart as a person might write it; ("", "") where it is
// none.
func loose(s string) (number, unit string) {
	m := measured.FindStringSubmatch(s)
	if m == nil {
		return "", ""
	}
	return m[1], strings.ToLower(m[2])
}

// usually is a number and a unit by its name or abbreviation as vega reads
// them; "" where no such unit is known.
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

var durationNames = map[string]string{
	"ms": "ms", "msec": "ms", "milli": "ms", "millisecond": "ms",
	"s": "s", "sec": "s", "second": "s",
	"m": "m", "min": "m", "mins": "m", "minute": "m",
	"h": "h", "hr": "h", "hour": "h",
	"d": "d", "day": "d",
	"w": "w", "wk": "w", "week": "w",
}

// sizeNames takes K, M and G for powers of 1024, as most programs do.
var sizeNames = map[string]string{
	"b": "B", "k": "KiB", "kb": "KiB", "kib": "KiB",
	"m": "MiB", "mb": "MiB", "mib": "MiB",
	"g": "GiB", "gb": "GiB", "gib": "GiB",
}
