package egress

import (
	"net/netip"
	"slices"
	"testing"
)

func TestForbidden(t *testing.T) {
	const name, private, meta, link, outside = "example.com", "a private address", "a cloud metadata address", "a link-local address", "an address outside the internet's range"
	for _, c := range []struct {
		ip, host string
		written  bool
		want     string
	}{
		{"93.184.216.34", name, false, ""},
		{"2606:2800:220:1::1", name, false, ""},
		{"10.1.2.3", name, false, private},
		{"10.1.2.3", name, true, ""},
		{"10.1.2.3", "10.1.2.3", false, private},
		{"10.1.2.3", "10.1.2.3", true, ""},
		{"172.16.0.1", name, false, private},
		{"172.32.0.1", name, false, ""},
		{"192.168.255.255", name, false, private},
		{"100.64.0.1", name, false, private},
		{"100.128.0.1", name, false, ""},
		{"fd12:3456::1", name, false, private},
		{"fd12:3456::1", name, true, ""},
		{"::ffff:10.1.2.3", name, false, private},
		{"127.0.0.1", name, true, "a loopback address"},
		{"127.8.9.1", "localhost", false, ""},
		{"127.0.0.1", "127.0.0.1", false, ""},
		{"127.0.0.1", "127.0.0.2", true, "a loopback address"},
		{"::1", name, true, "a loopback address"},
		{"::1", "localhost", true, ""},
		{"::1", "::1", true, ""},
		{"::ffff:127.0.0.1", name, true, "a loopback address"},
		{"::ffff:127.0.0.1", "127.0.0.1", true, ""},
		{"169.254.169.254", name, true, meta},
		{"169.254.169.254", "169.254.169.254", true, ""},
		{"169.254.169.254", "localhost", true, meta},
		{"::ffff:169.254.169.254", name, true, meta},
		{"169.254.170.2", name, true, meta},
		{"168.63.129.16", name, true, meta},
		{"100.100.100.200", name, true, meta},
		{"192.0.0.192", name, true, meta},
		{"fd00:ec2::254", name, true, meta},
		{"fd00:ec2::254", "fd00:ec2::254", true, ""},
		{"fd20:ce::254", name, true, meta},
		{"169.254.1.1", name, true, link},
		{"fe80::1", name, true, link},
		{"fe80::1%eth0", name, true, link},
		{"224.0.0.251", name, true, "a multicast address"},
		{"ff02::1", name, true, "a multicast address"},
		{"0.0.0.0", name, true, "the unspecified address"},
		{"::", name, true, "the unspecified address"},
		{"0.0.0.0", "0.0.0.0", true, ""},
		{"0.1.2.3", name, true, "a reserved address"},
		{"255.255.255.255", name, true, "a reserved address"},
		{"198.18.0.1", name, true, "a reserved address"},
		{"2001:db8::1", name, true, "a reserved address"},
		{"2001::1", name, true, "a reserved address"},
		{"64:ff9b::169.254.169.254", name, true, meta},
		{"64:ff9b::10.0.0.1", name, false, private},
		{"64:ff9b::127.0.0.1", name, true, "a loopback address"},
		{"64:ff9b::8.8.8.8", name, false, ""},
		{"64:ff9b:1::8.8.8.8", name, true, "a reserved address"},
		{"2002:a9fe:a9fe::1", name, true, meta},
		{"2002:7f00:1::", "localhost", true, ""},
		{"2002:7f00:1::", name, true, "a loopback address"},
		{"2002:808:808::1", name, false, ""},
		{"::127.0.0.1", name, true, "a loopback address"},
		{"::8.8.8.8", name, true, ""},
		{"::8.8.8.8", name, false, outside},
		{"::ffff:0:127.0.0.1", name, true, "a loopback address"},
		{"::ffff:0:169.254.169.254", name, true, meta},
		{"::ffff:0:10.0.0.1", name, false, private},
		{"::ffff:0:8.8.8.8", name, false, outside},
		{"::ffff:0:127.0.0.1", "::ffff:0:7f00:1", true, ""},
		{"2606:2800:220:1:0:5efe:127.0.0.1", name, true, "a loopback address"},
		{"2606:2800:220:1:200:5efe:169.254.169.254", name, true, meta},
		{"2606:2800:220:1:200:5efe:10.0.0.1", name, false, private},
		{"2606:2800:220:1:0:5efe:8.8.8.8", name, false, ""},
		{"2606:2800:220:1:300:5efe:10.0.0.1", name, false, ""}, // not an ISATAP identifier
		{"fe80::5efe:8.8.8.8", name, true, link},
		{"fd12:3456::200:5efe:127.0.0.1", name, true, "a loopback address"},
		{"fd12:3456::5efe:8.8.8.8", name, false, private},
		{"64:ff9b:1::127.0.0.1", name, true, "a reserved address"},
		{"64:ff9b:1:7f00:0:100::", name, true, "a reserved address"},
		{"2001:0:7f00:1::", name, true, "a reserved address"}, // Teredo
		{"100:0:0:1::1", name, true, "a reserved address"},
		{"fd00:c1::a9fe:a9fe", name, true, meta},
		{"fd00:42::42", name, true, meta},
		{"4000::1", name, false, outside},
		{"200:1::1", name, false, outside}, // an overlay network
		{"200:1::1", name, true, ""},
	} {
		if got := forbidden(netip.MustParseAddr(c.ip), c.host, c.written); got != c.want {
			t.Errorf("%s for %s (written: %v): %q, want %q", c.ip, c.host, c.written, got, c.want)
		}
	}
}

func TestInterleave(t *testing.T) {
	var in []netip.Addr
	for _, s := range []string{"::1", "::2", "::3", "1.0.0.1", "1.0.0.2"} {
		in = append(in, netip.MustParseAddr(s))
	}
	want := []netip.Addr{in[0], in[3], in[1], in[4], in[2]}
	if got := interleave(in); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
