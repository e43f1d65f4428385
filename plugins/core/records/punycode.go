package records

import (
	"strings"
	"unicode/utf8"
)

// punycode returns the xn-- form of a name in lower case. It follows RFC 3492,
// section 6.3.
func punycode(name string) string {
	labels := strings.Split(name, ".")
	for i, label := range labels {
		if len(label) != utf8.RuneCountInString(label) {
			labels[i] = "xn--" + encodeLabel([]rune(label))
		}
	}
	return strings.Join(labels, ".")
}

// The parameters of RFC 3492, section 5.
const (
	punyBase, punyMin, punyMax        = 36, 1, 26
	punySkew, punyDamp, punyBias      = 38, 700, 72
	punyDigits                        = "abcdefghijklmnopqrstuvwxyz0123456789"
	punyFirst                    rune = 128
)

func encodeLabel(label []rune) string {
	var out []byte
	for _, r := range label {
		if r < punyFirst {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	done := basic
	if basic > 0 {
		out = append(out, '-')
	}
	next, delta, bias := punyFirst, 0, punyBias
	for ; done < len(label); next++ {
		smallest := rune(utf8.MaxRune + 1)
		for _, r := range label {
			if r >= next && r < smallest {
				smallest = r
			}
		}
		delta += int(smallest-next) * (done + 1)
		next = smallest
		for _, r := range label {
			if r < next {
				delta++
			}
			if r == next {
				out = encodeDelta(out, delta, bias)
				bias = adapt(delta, done+1, done == basic)
				delta, done = 0, done+1
			}
		}
		delta++
	}
	return string(out)
}

// encodeDelta appends a number as digits whose weights depend on the bias.
func encodeDelta(out []byte, delta, bias int) []byte {
	for k := punyBase; ; k += punyBase {
		threshold := min(max(k-bias, punyMin), punyMax)
		if delta < threshold {
			return append(out, punyDigits[delta])
		}
		out = append(out, punyDigits[threshold+(delta-threshold)%(punyBase-threshold)])
		delta = (delta - threshold) / (punyBase - threshold)
	}
}

func adapt(delta, count int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / count
	k := 0
	for ; delta > (punyBase-punyMin)*punyMax/2; k += punyBase {
		delta /= punyBase - punyMin
	}
	return k + (punyBase-punyMin+1)*delta/(delta+punySkew)
}
