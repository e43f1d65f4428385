// Package records compares DNS records as an operator wrote them with those that a server
// returned: addresses as addresses, names as names, numbers as numbers.
package records

import (
	"strconv"
	"strings"
	"unicode"

	"vega/plugins/core/ascii"
)

// Missing returns the wanted records that are not among the answers.
func Missing(rrtype string, wanted, answers []string) (missing []string) {
	for _, w := range wanted {
		found := false
		for _, a := range answers {
			found = found || sameRecord(rrtype, w, a)
		}
		if !found {
			missing = append(missing, w)
		}
	}
	return missing
}

// sameRecord reports whether a record as the operator wrote it is the one that
// a server returned: addresses are compared as addresses, names as names and
// numbers as numbers.
func sameRecord(rrtype, wanted, got string) bool {
	switch rrtype {
	case "A", "AAAA":
		return sameAddress(wanted, got)
	case "TXT":
		return sameText(wanted, got)
	case "CAA":
		return sameAuthorization(wanted, got)
	}
	w, g := strings.Fields(wanted), strings.Fields(got)
	switch {
	case len(w) == 1 && (rrtype == "MX" || rrtype == "SRV"): // the name alone
		g = g[max(0, len(g)-1):]
	case len(w) == 1 && rrtype == "SOA" && len(g) > serialField: // the serial alone
		g = g[serialField : serialField+1]
	}
	if len(w) != len(g) {
		return false
	}
	for i := range w {
		if !sameField(w[i], g[i]) {
			return false
		}
	}
	return true
}

// serialField is the index of the serial among the fields of an SOA record.
const serialField = 2

// Shapes describes what may stand in expect for a type.
var Shapes = map[string]string{
	"A": "the address", "AAAA": "the address", "CNAME": "the name", "NS": "the name", "PTR": "the name",
	"MX": "preference and name, or the name,", "SRV": "priority, weight, port and name, or the name,",
	"SOA": "all seven fields, or the serial,", "CAA": "flags, tag and value",
}

// Malformed returns a wanted record that no record of the type can equal, or "".
func Malformed(rrtype string, wanted []string) string {
	for _, w := range wanted {
		if !wellFormed(rrtype, ascii.Trim(w)) {
			return w
		}
	}
	return ""
}

func wellFormed(rrtype, w string) bool {
	ip, ok := ParseAddress(w)
	fields := strings.Fields(w)
	switch n := len(fields); rrtype {
	case "A":
		return ok && ip.is4()
	case "AAAA":
		return ok && strings.Contains(w, ":")
	case "CNAME", "NS", "PTR":
		return n == 1
	case "MX":
		return n == 1 && !isNumber(w) || n == 2 && isNumber(fields[0])
	case "SRV":
		return n == 1 && !isNumber(w) || n == 4 && isNumber(fields[0]) && isNumber(fields[2])
	case "SOA":
		return n == 1 && isNumber(w) || n == 7
	case "CAA":
		return n >= 3 && isNumber(fields[0])
	default:
		return true
	}
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

func sameAddress(wanted, got string) bool {
	w, ok := ParseAddress(ascii.Trim(wanted))
	g, also := ParseAddress(ascii.Trim(got))
	return ok && also && w == g
}

// sameField compares numbers and names.
func sameField(wanted, got string) bool {
	w, badW := strconv.ParseUint(wanted, 10, 32)
	g, badG := strconv.ParseUint(got, 10, 32)
	if badW == nil && badG == nil {
		return w == g
	}
	return canonicalName(wanted) == canonicalName(got)
}

// canonicalName returns a domain name in lower case, without the final dot,
// international labels in their xn-- form.
func canonicalName(name string) string {
	if name != "." {
		name = strings.TrimSuffix(name, ".")
	}
	for _, r := range name {
		if r > unicode.MaxASCII {
			return punycode(strings.ToLower(strings.ReplaceAll(name, "。", ".")))
		}
	}
	return ascii.Lower(name)
}

// sameText compares a TXT record. The operator may have written it as in a zone
// file, in quotes and split into several strings. Case and inner spaces count.
func sameText(wanted, got string) bool {
	got = ascii.Trim(got)
	if ascii.Trim(oneLine(wanted)) == got {
		return true
	}
	joined, ok := Unquoted(ascii.Trim(wanted))
	return ok && ascii.Trim(oneLine(joined)) == got
}

// oneLine replaces line breaks as the host does in records.
func oneLine(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c == '\n' || c == '\r' {
			b[i] = ' '
		}
	}
	return string(b)
}

// Unquoted joins the quoted strings of a zone file: "a" "b" is ab.
func Unquoted(s string) (string, bool) {
	var out []byte
	for s != "" {
		if s[0] != '"' {
			return "", false
		}
		i := 1
		for ; i < len(s) && s[i] != '"'; i++ {
			if s[i] == '\\' && i+1 < len(s) {
				i++
			}
			out = append(out, s[i])
		}
		if i >= len(s) {
			return "", false
		}
		s = ascii.Trim(s[i+1:])
	}
	return string(out), true
}

// sameAuthorization compares a CAA record: flags, tag, value. The value may
// stand without quotes. The name of an authority is a domain name.
func sameAuthorization(wanted, got string) bool {
	w, g := authorization(wanted), authorization(got)
	return w == g && w[1] != ""
}

func authorization(s string) (parts [4]string) {
	flags, rest, _ := strings.Cut(ascii.Trim(s), " ")
	tag, value, _ := strings.Cut(ascii.Trim(rest), " ")
	value = ascii.Trim(value)
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	authority, more, _ := strings.Cut(value, ";")
	if tag = ascii.Lower(tag); tag == "issue" || tag == "issuewild" || tag == "issuemail" {
		authority = canonicalName(ascii.Trim(authority))
	}
	if n, err := strconv.ParseUint(flags, 10, 8); err == nil {
		flags = strconv.FormatUint(n, 10)
	}
	return [4]string{flags, tag, authority, ascii.Trim(more)}
}
