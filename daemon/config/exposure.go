package config

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/schema"
	"vega/daemon/keys"
	"vega/plugins/manifest"
)

const (
	// safeKey is the length, in bytes, from which an API key is hard to guess.
	safeKey = 16
	// lowPort is the lowest unprivileged port.
	lowPort = 1024
)

// exposure checks the listening address. It reports whether other machines can
// read the traffic, in which case a longer key is required.
func (d serverStage) exposure(s *bind.Section, out *Server) (exposed bool) {
	if out.Port > 0 && out.Port < lowPort {
		d.out.Warn(diag.LowPort, s.Place("port"), fmt.Sprintf("On most systems, listening on a port below %d requires root or CAP_NET_BIND_SERVICE.", lowPort),
			"use a port such as 8443, or run: setcap cap_net_bind_service=+ep PATH-OF-VEGA")
	}
	if s.Unsure("host") || loopback(out.Host) {
		return false
	}
	if everyAddress(out.Host) {
		d.out.Warn(diag.EveryAddress, s.Place("host"), fmt.Sprintf("The host %s stands for every address of this machine, including public ones.", d.hostShown(s)),
			"set host to a single address, such as \"10.0.0.5\"; inside a container, ignore this warning")
	}
	if s.Has("tls") {
		return false
	}
	d.out.Warn(diag.ClearKey, s.Place("host"), fmt.Sprintf("The host %s is reachable from other machines, and without TLS anyone on the network path can read the API key.", d.hostShown(s)),
		"add a tls block with cert_file and key_file to the server block, or listen on 127.0.0.1 behind a proxy that terminates TLS")
	return true
}

func everyAddress(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsUnspecified()
}

// key checks the length of an API key. A short one is an error if others can
// read the traffic.
func (d serverStage) key(name string, value manifest.Text, t *bind.Slot, exposed bool) Key {
	const fix = "use a longer one, such as the output of: openssl rand -hex 24"
	switch n := len(value.Reveal()); {
	case strings.ContainsFunc(value.Reveal(), func(c rune) bool { return c <= ' ' || c > '~' }):
		d.out.Err(diag.OutOfBounds, t.Expr.At, fmt.Sprintf("%s contains a blank, a line break or a character that is not ASCII, so no client could send it in a header.", t.Row.Name), "remove that character, or use another key, such as the output of: openssl rand -hex 24")
	case n < eval.MinSecret:
		d.out.Err(diag.ShortSecret, t.Expr.At, fmt.Sprintf("%s is shorter than %d bytes.", t.Row.Name, eval.MinSecret), fix)
	case n < safeKey && exposed:
		d.out.Err(diag.ShortKey, t.Expr.At, fmt.Sprintf("%s is shorter than %d bytes, and vega is reachable from other machines without TLS.", t.Row.Name, safeKey), fix)
	case n < safeKey:
		d.out.Warn(diag.ShortKey, t.Expr.At, fmt.Sprintf("%s is shorter than %d bytes, so it might be guessed.", t.Row.Name, safeKey), fix)
	}
	return Key{Name: name, Value: value}
}

// distinct reports a key whose value another one has with other scopes: which of
// them apply to a request is not certain.
func (d serverStage) distinct(key Key, others []Key, t *bind.Slot) {
	for _, other := range others {
		if other.Value.Reveal() != key.Value.Reveal() || slices.Equal(sorted(other.Scopes), sorted(key.Scopes)) {
			continue
		}
		name := "api_key"
		if other.Name != "default" {
			name = fmt.Sprintf("key %q", other.Name)
		}
		d.out.Err(diag.Twice, t.Expr.At, fmt.Sprintf("key %q has the value of %s, but other scopes.", key.Name, name), "use another value, such as the output of: openssl rand -hex 24")
		return
	}
}

func sorted(scopes []string) []string { return slices.Sorted(slices.Values(scopes)) }

// scopes reads the scopes of a key.
func (d serverStage) scopes(k *bind.Section) []string {
	t := k.Slot("scopes")
	all := d.ev.Strs(k, "scopes")
	if t != nil && t.State == bind.Present && len(all) == 0 {
		d.out.Err(diag.OutOfBounds, t.Expr.At, "scopes is empty, so the key could be used for nothing.", `name a scope, such as ["read"], or remove scopes for a key that may be used for everything`)
	}
	for n, scope := range all {
		if slices.Contains(schema.IdleScopes, scope) {
			d.out.Warn(diag.NoEffect, t.Element(n), fmt.Sprintf("No route of this version needs the scope %q, so it gives the key nothing.", scope), "remove it; scopes that give something: "+strings.Join(schema.LiveScopes(), ", "))
		}
	}
	return all
}

var errNoKeys = errors.New("no keys")

// kept reports whether the data directory has keys. A file of keys that can't be
// used counts, too: vega then starts, reports the file and accepts none of them.
func (d serverStage) kept() bool {
	dir := d.ev.Str(d.root, "data_dir")
	return dir != "" && d.in.Once("keys "+dir, func() error {
		if set, err := keys.Read(dir); err == nil && len(set.Keys) == 0 {
			return errNoKeys
		}
		return nil
	}) == nil
}
