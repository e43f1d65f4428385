package config

import (
	"fmt"
	"net/netip"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

const (
	// safeKey is the least length of an API key that nobody guesses, in bytes.
	safeKey = 16
	// lowPort is the first port that any program may listen on.
	lowPort = 1024
)

// exposure judges where vega listens. It reports whether others than this
// machine can read what passes: then a key must withstand more.
func (d *decoder) exposure(s *section, out *Server) (exposed bool) {
	if out.Port > 0 && out.Port < lowPort {
		d.out.Warn(diag.LowPort, d.placeOf(s, "port"), fmt.Sprintf("On most systems a port below %d is for root, or for a program with the capability CAP_NET_BIND_SERVICE: whether vega gets it depends on where it runs.", lowPort),
			"write a port such as 8443, or leave it and run: setcap cap_net_bind_service=+ep PATH-OF-VEGA")
	}
	if s.unsure("host") || loopback(out.Host) {
		return false
	}
	if everyAddress(out.Host) {
		d.out.Warn(diag.EveryAddress, d.placeOf(s, "host"), fmt.Sprintf("The host %s is every address of this machine, those toward the internet included.", d.hostShown(s)),
			"write the one address that is meant, such as \"10.0.0.5\"; within a container it is right as it is")
	}
	if s.has("tls") {
		return false
	}
	d.out.Warn(diag.ClearKey, d.placeOf(s, "host"), fmt.Sprintf("The host %s is reachable from elsewhere, and without TLS everyone on the way reads the API key.", d.hostShown(s)),
		"write in the block server: tls { … } with cert_file and key_file, or listen on 127.0.0.1 behind a proxy that speaks TLS")
	return true
}

// placeOf is where an attribute's value stands, or else its block.
func (d *decoder) placeOf(s *section, name string) diag.Place {
	if t := s.slot(name); t != nil {
		return t.expr.At
	}
	return s.head
}

func everyAddress(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsUnspecified()
}

// key judges an API key by its length. A short one is an error where others
// can listen and try.
func (d *decoder) key(name string, value manifest.Text, t *slot, exposed bool) Key {
	const fix = "use a longer one, such as the output of: openssl rand -hex 24"
	switch n := len(value.Reveal()); {
	case n < minSecret:
		d.out.Err(diag.ShortSecret, t.expr.At, fmt.Sprintf("%s is shorter than %d bytes.", t.row.Name, minSecret), fix)
	case n < safeKey && exposed:
		d.out.Err(diag.ShortKey, t.expr.At, fmt.Sprintf("%s is shorter than %d bytes, and vega is reachable from elsewhere without TLS.", t.row.Name, safeKey), fix)
	case n < safeKey:
		d.out.Warn(diag.ShortKey, t.expr.At, fmt.Sprintf("%s is shorter than %d bytes: a short key can be guessed.", t.row.Name, safeKey), fix)
	}
	return Key{name, value}
}
