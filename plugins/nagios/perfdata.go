package nagios

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Perfdata is one measurement: 'label'=value[unit];[warn];[crit];[min];[max].
type Perfdata struct {
	Label string
	Value float64
	// Unknown reports that the plugin wrote U because it could not determine
	// the value.
	Unknown bool
	Unit    string // s, us, ms, %, B, KB, MB, TB, c or another; "" for a plain number
	// Warn and Crit are the ranges beyond which the plugin warns or is
	// critical; Min and Max are the limits of the value. They are as written,
	// or "" if missing.
	Warn, Crit, Min, Max string
}

// The maximum size of a label and a unit, in bytes.
const (
	MaxLabel = 128
	MaxUnit  = 32
)

// parser parses perfdata into out.
type parser struct {
	out  *Output
	seen map[string]bool // labels
}

// perfdata parses measurements separated by white space. A measurement that
// can't be parsed ends at the next white space outside quotes.
func (p *parser) perfdata(s string) {
	for {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		if s == "" {
			return
		}
		label, rest, why := cutLabel(s)
		if why != "" {
			end := strings.IndexFunc(s, unicode.IsSpace)
			if s[0] == '\'' || end < 0 { // the end of an unclosed quote is unknown
				end = len(s)
			}
			p.out.problem(s[:end], why)
			s = s[end:]
			continue
		}
		end := strings.IndexFunc(rest, unicode.IsSpace)
		if end < 0 {
			end = len(rest)
		}
		p.measurement(label, rest[:end], s[:len(s)-len(rest)+end])
		s = rest[end:]
	}
}

// cutLabel cuts the label and the equals sign off s. A quoted label may contain
// white space and equals signs, and a quote as two quotes. On failure, why says
// what is wrong.
func cutLabel(s string) (label, rest, why string) {
	if s[0] != '\'' {
		end := strings.IndexFunc(s, func(r rune) bool { return r == '=' || unicode.IsSpace(r) })
		if end < 0 || s[end] != '=' {
			return "", "", "the label is not followed by ="
		}
		return s[:end], s[end+1:], ""
	}
	var b strings.Builder
	for s = s[1:]; ; {
		before, after, ok := strings.Cut(s, "'")
		b.WriteString(before)
		switch {
		case !ok:
			return "", "", "the label has no closing quote"
		case strings.HasPrefix(after, "'"):
			b.WriteByte('\'')
			s = after[1:]
		case strings.HasPrefix(after, "="):
			return b.String(), after[1:], ""
		default:
			return "", "", "the label is not followed by ="
		}
	}
}

// measurement parses what follows the equals sign.
func (p *parser) measurement(label, text, whole string) {
	m := Perfdata{Label: strings.TrimSpace(label)}
	fields := strings.Split(text, ";")
	value, unit, ok := number(fields[0])
	switch {
	case m.Label == "":
		p.out.problem(whole, "the label is empty")
		return
	case len(m.Label) > MaxLabel:
		p.out.problem(whole, "the label is longer than 128 bytes")
		return
	case !printable(m.Label):
		p.out.problem(whole, "the label contains control characters")
		return
	case p.seen[m.Label]:
		p.out.problem(whole, "the label is a duplicate; only the first is used")
		return
	case fields[0] == "U":
		m.Unknown = true
	case !ok:
		p.out.problem(whole, "the value is not a number")
		return
	case !validUnit(unit):
		p.out.problem(whole, "the unit is not valid")
		return
	default:
		m.Value, m.Unit = value, unit
	}
	p.seen[m.Label] = true
	for i, f := range fields[1:] {
		switch i {
		case 0:
			m.Warn = p.limit(f, isRange, whole, "the warning threshold is not a range")
		case 1:
			m.Crit = p.limit(f, isRange, whole, "the critical threshold is not a range")
		case 2:
			m.Min = p.limit(f, isNumber, whole, "the minimum is not a number")
		case 3:
			m.Max = p.limit(f, isNumber, whole, "the maximum is not a number")
		}
	}
	if len(fields) > 5 {
		p.out.problem(whole, "there is extra text after the maximum")
	}
	p.out.Perfdata = append(p.out.Perfdata, m)
}

// limit returns one of the fields after the value, or "" if it is not valid;
// the value stays valid regardless.
func (p *parser) limit(s string, fits func(string) bool, whole, why string) string {
	if s != "" && !fits(s) {
		p.out.problem(whole, why)
		return ""
	}
	return s
}

// isRange reports whether s is a threshold: [@][start:][end], where start is a
// number or ~ for no bound. A unit after a number is accepted: many plugins
// repeat it.
func isRange(s string) bool {
	s = strings.TrimPrefix(s, "@")
	start, end, two := strings.Cut(s, ":")
	if !two {
		return isNumber(s)
	}
	return (start == "~" || start == "" || isNumber(start)) && (end == "" || isNumber(end)) && s != ":"
}

func isNumber(s string) bool {
	_, unit, ok := number(s)
	return ok && len(s) <= 64 && validUnit(unit)
}

// number splits a decimal number, which may have an exponent, from its unit.
func number(s string) (value float64, unit string, ok bool) {
	i, digits := 0, 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for point := false; i < len(s) && (isDigit(s[i]) || s[i] == '.' && !point); i++ {
		if s[i] == '.' {
			point = true
		} else {
			digits++
		}
	}
	if digits == 0 {
		return 0, "", false
	}
	i += exponent(s[i:])
	value, err := strconv.ParseFloat(s[:i], 64)
	return value, s[i:], err == nil && !math.IsInf(value, 0)
}

// exponent returns the length of the exponent that s begins with: an e with
// digits, as opposed to the unit e.
func exponent(s string) int {
	if s == "" || s[0] != 'e' && s[0] != 'E' {
		return 0
	}
	i := 1
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	first := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == first {
		return 0
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// validUnit reports whether a unit is valid: the guidelines allow any text
// without digits, semicolons and quotes. A comma or point belongs to a number
// in another notation.
func validUnit(s string) bool {
	return len(s) <= MaxUnit && !strings.ContainsAny(s, "0123456789;'\"=,.:") && printable(s)
}

// printable reports whether s has no control characters, including line ends.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}
