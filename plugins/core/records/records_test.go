//go:build !wasip1

package records

import (
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/idna"
)

func TestSameRecord(t *testing.T) {
	for _, c := range []struct {
		rrtype, wanted, got string
		same                bool
	}{
		{"A", "192.0.2.1", "192.0.2.1", true},
		{"A", " 192.0.2.1 ", "192.0.2.1", true},
		{"A", "::ffff:192.0.2.1", "192.0.2.1", true},
		{"A", "192.0.2.1", "192.0.2.10", false},
		{"AAAA", "2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1", true},
		{"AAAA", "2001:db8:0:0::1", "2001:db8::1", true},
		{"AAAA", "::ffff:c000:201", "::ffff:192.0.2.1", true},
		{"AAAA", "2001:db8::1", "2001:db8::10", false},
		{"CNAME", "WWW.Example.com.", "www.example.com", true},
		{"CNAME", "bücher.example", "xn--bcher-kva.example", true},
		{"CNAME", "BÜCHER.example.", "XN--BCHER-KVA.example", true},
		{"NS", "ns1.example.com", "ns2.example.com", false},
		{"PTR", "host.example.com.", "Host.Example.com", true},
		{"MX", "10  Mail.Example.com.", "10 mail.example.com", true},
		{"MX", "010 mail.example.com", "10 mail.example.com", true},
		{"MX", "mail.example.com", "10 mail.example.com", true},
		{"MX", "20 mail.example.com", "10 mail.example.com", false},
		{"MX", "0 .", "0 .", true},
		{"MX", "10", "10 mail.example.com", false},
		{"SRV", "1 2 443 a.example.", "1 2 443 A.example", true},
		{"SRV", "a.example", "1 2 443 A.example", true},
		{"SRV", "1 2 444 a.example", "1 2 443 a.example", false},
		{"SOA", "7", "ns.example root.example 7 2 3 4 5", true},
		{"SOA", "2", "ns.example root.example 7 2 3 4 5", false},
		{"SOA", "ns.example. root.example. 1 2 3 4 5", "NS.example root.example 1 2 3 4 5", true},
		{"SOA", "ns.example root.example 2 2 3 4 5", "ns.example root.example 1 2 3 4 5", false},
		{"TXT", "v=spf1 -all", "v=spf1 -all", true},
		{"TXT", `"v=spf1 -all"`, "v=spf1 -all", true},
		{"TXT", `"v=DKIM1; p=" "abc"`, "v=DKIM1; p=abc", true},
		{"TXT", "\"v=DKIM1; p=\"\n  \"abc\"", "v=DKIM1; p=abc", true},
		{"TXT", `"a \"b\""`, `a "b"`, true},
		{"TXT", `"quoted"`, `"quoted"`, true},
		{"TXT", "Token", "token", false},
		{"TXT", "a.", "a", false},
		{"TXT", "a  b", "a b", false},
		{"TXT", "two\nlines", "two lines", true},
		{"CAA", `0 issue "ca.example"`, `0 issue "ca.example"`, true},
		{"CAA", `0 ISSUE CA.example.`, `0 issue "ca.example"`, true},
		{"CAA", `0 issue "ca.example; accounturi=https://X"`, `0 issue "ca.example;accounturi=https://X"`, true},
		{"CAA", `0 issue "ca.example; accounturi=https://x"`, `0 issue "ca.example; accounturi=https://X"`, false},
		{"CAA", `128 issue "ca.example"`, `0 issue "ca.example"`, false},
		{"CAA", `0 issue ";"`, `0 issue ";"`, true},
		{"CAA", "", "", false},
	} {
		if got := sameRecord(c.rrtype, c.wanted, c.got); got != c.same {
			t.Errorf("%s %q and %q: same is %v", c.rrtype, c.wanted, c.got, got)
		}
	}
}

// What no record of the type can equal is the operator's mistake.
func TestMalformed(t *testing.T) {
	for rrtype, of := range map[string]struct{ fine, wrong []string }{
		"A":    {[]string{"192.0.2.1"}, []string{"a.example", "2001:db8::1", ""}},
		"AAAA": {[]string{"2001:db8::1"}, []string{"192.0.2.1"}},
		"MX":   {[]string{"10 a.example", "a.example.", "0 ."}, []string{"10", "a.example 10", "10:a.example x", "10, a.example"}},
		"SRV":  {[]string{"0 5 5060 a.example", "a.example"}, []string{"5060 a.example", "5060", "a.example 0 5 5060"}},
		"SOA":  {[]string{"7", "ns.example root.example 7 2 3 4 5"}, []string{"ns.example", "ns.example root.example 7"}},
		"CAA":  {[]string{`0 issue "ca.example"`, "0 issue ca.example"}, []string{"ca.example", "issue ca.example x"}},
		"PTR":  {[]string{"a.example."}, []string{"a.example b.example", ""}},
		"TXT":  {[]string{"", "a b c"}, nil},
	} {
		if bad := Malformed(rrtype, of.fine); bad != "" {
			t.Errorf("%s %q is malformed", rrtype, bad)
		}
		for _, w := range of.wrong {
			if wellFormed(rrtype, w) {
				t.Errorf("%s %q is well-formed", rrtype, w)
			}
		}
	}
}

// The names of a record are converted as a browser converts them.
func TestPunycode(t *testing.T) {
	for _, name := range []string{
		"bücher.example", "münchen.de", "faß.example", "παράδειγμα.δοκιμή", "例え.テスト", "пример.испытание", "a.éé.b", "ünïcödé-mixed.example",
	} {
		want, err := idna.New(idna.MapForLookup(), idna.Transitional(false)).ToASCII(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := canonicalName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// Addresses are parsed as package netip parses them.
func TestParseAddress(t *testing.T) {
	for _, text := range strings.Fields(`
		192.0.2.1 0.0.0.0 255.255.255.255 256.0.0.1 1.2.3 1.2.3.4.5 01.2.3.4 1.2.3. +1.2.3.4 -1.2.3.4 1.2.3.4x
		:: ::1 1:: 1::8 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 ::1:2:3:4:5:6:7:8
		::ffff:1.2.3.4 ::1.2.3.4 1::1.2.3.4 1.2.3.4:: ::1.2.3 2001:DB8::a 12345:: g:: 1:::2 1::2::3 : ::: :1 1: +1:: 0x1:: 1:2:3:4:5:6:1.2.3.4`) {
		want, err := netip.ParseAddr(text)
		got, ok := ParseAddress(text)
		if ok != (err == nil) || ok && (netip.AddrFrom16(got).Unmap() != want.Unmap() || got.is4() != want.Unmap().Is4()) {
			t.Errorf("%s: %v %v, want %v %v", text, got, ok, want, err)
		}
	}
}
