package records

import (
	"strconv"
	"strings"
)

// Address is an IP address; IPv4 is mapped into IPv6. Package net/netip would
// add 200 KB to the module.
type Address [16]byte

var mapped = Address{10: 0xff, 11: 0xff}

func (a Address) is4() bool { return [12]byte(a[:]) == [12]byte(mapped[:]) }

// ParseAddress parses an address in any of the forms of RFC 4291, section 2.2,
// or in dotted decimal.
func ParseAddress(s string) (Address, bool) {
	if !strings.Contains(s, ":") {
		return parse4(s)
	}
	head, tail, short := strings.Cut(s, "::")
	left, ok := groups(head, !short)
	right, also := groups(tail, true)
	if n := len(left) + len(right); !ok || !also || short && n > 14 || !short && n != 16 {
		return Address{}, false
	}
	var a Address
	copy(a[:], left)
	copy(a[16-len(right):], right)
	return a, true
}

// groups returns the bytes of groups of hexadecimal digits. The last group of
// an address may be an IPv4 address.
func groups(s string, last bool) (out []byte, ok bool) {
	if s == "" {
		return nil, true
	}
	parts := strings.Split(s, ":")
	for i, part := range parts {
		if last && i == len(parts)-1 && strings.Contains(part, ".") {
			v4, ok := parse4(part)
			return append(out, v4[12:]...), ok
		}
		n, err := strconv.ParseUint(part, 16, 16)
		if err != nil || len(part) > 4 {
			return nil, false
		}
		out = append(out, byte(n>>8), byte(n))
	}
	return out, true
}

func parse4(s string) (Address, bool) {
	a := mapped
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return a, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || len(part) > 1 && part[0] == '0' { // octal to some programs
			return a, false
		}
		a[12+i] = byte(n)
	}
	return a, true
}
