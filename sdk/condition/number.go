package condition

import (
	"strconv"
	"strings"
)

// number is a decimal number, exactly as written: 0.digits × 10^exponent.
// Neither end of the digits is a zero, and zero has no digits.
type number struct {
	negative bool
	digits   string
	exponent int
}

// isNumber reports whether s is a number in the grammar of JSON.
func isNumber(s string) bool {
	_, ok := parseNumber(s)
	return ok
}

// parseNumber parses a number in the grammar of JSON.
func parseNumber(s string) (number, bool) {
	var n number
	s, n.negative = strings.CutPrefix(s, "-")
	mantissa, power := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, power = s[:i], s[i+1:]
		if !isDigits(strings.TrimLeft(power[:min(1, len(power))], "+-") + power[min(1, len(power)):]) {
			return n, false
		}
	}
	whole, fraction, dot := strings.Cut(mantissa, ".")
	if !isDigits(whole) || len(whole) > 1 && whole[0] == '0' || dot && !isDigits(fraction) {
		return n, false
	}
	digits := whole + fraction
	n.digits = strings.TrimLeft(digits, "0")
	n.exponent = len(whole) - (len(digits) - len(n.digits)) + exponent(power)
	if n.digits = strings.TrimRight(n.digits, "0"); n.digits == "" {
		return number{}, true
	}
	return n, true
}

// exponent parses an exponent. Numbers with a larger one are all alike.
func exponent(s string) int {
	const most = 1 << 30
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimPrefix(s, "+"))
	switch {
	case s[0] == '-' && (err != nil || n < -most):
		return -most
	case err != nil || n > most:
		return most
	default:
		return n
	}
}

// compare returns -1, 0 or 1.
func (n number) compare(m number) int {
	sign := func(n number) int {
		switch {
		case n.digits == "":
			return 0
		case n.negative:
			return -1
		default:
			return 1
		}
	}
	if a, b := sign(n), sign(m); a != b {
		return order(a < b)
	} else if a == 0 {
		return 0
	}
	result := strings.Compare(n.digits, m.digits)
	if n.exponent != m.exponent {
		result = order(n.exponent < m.exponent)
	}
	if n.negative {
		return -result
	}
	return result
}

func order(less bool) int {
	if less {
		return -1
	}
	return 1
}

// SameNumber reports whether both texts are numbers of the same value, however
// large or precise.
func SameNumber(a, b string) bool {
	x, ok := parseNumber(a)
	y, also := parseNumber(b)
	return ok && also && x.compare(y) == 0
}
