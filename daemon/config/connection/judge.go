package connection

import (
	"fmt"
	"net/url"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/transport"
)

// Judge reports options that contradict the rest of the integration, or have no
// effect there. values and grants are those of the integration.
func (d Stage) Judge(s *bind.Section, o *transport.Options, probe *manifest.Probe, values manifest.Values, grants grant.Set) {
	if o == nil || s.Off || s.Broken {
		return
	}
	j := judge{d, s, o, probe, values, grants}
	if s.Slot("connect_to") != nil && !s.Unsure("connect_to") {
		j.connectTo()
	}
	if s.Has("tls") {
		j.tls()
	}
	if s.Has("auth") && o.Auth.IsSet() {
		j.auth()
	}
	if s.Has("ssh") {
		j.ssh()
	}
}

type judge struct {
	Stage
	s      *bind.Section
	o      *transport.Options
	probe  *manifest.Probe
	values manifest.Values
	grants grant.Set
}

// targets reports whether the integration may connect to any target for which a
// condition holds.
func (j judge) targets(of func(grant.Rule) bool) bool {
	for _, r := range j.grants.Rules {
		if (r.Kind == manifest.HTTP || r.Kind == manifest.Net || r.Kind == manifest.WebSocket) && j.grants.Target(r) && of(r) {
			return true
		}
	}
	return false
}

func anyRule(grant.Rule) bool { return true }

func (j judge) connectTo() {
	at := j.s.Place("connect_to")
	switch n := j.grants.Targets(); {
	case n == 0:
		j.Out.Err(diag.NoEffect, at, fmt.Sprintf("The probe %s connects to no address of its own, so connect_to has no effect.", j.probe.Name), j.insteadOfConnectTo())
	case n > 1:
		j.Out.Err(diag.Conflict, at, fmt.Sprintf("connect_to is one address, but this integration has %d targets.", n), "write an integration for each target")
	}
}

// insteadOfConnectTo returns the fix for a probe without a target: one such as
// core.dns may take an address as an option.
func (j judge) insteadOfConnectTo() string {
	for i := range j.probe.Options {
		if o := &j.probe.Options[i]; o.Type == manifest.Address {
			return fmt.Sprintf("remove it, or set %s in config to that address", o.Name)
		}
	}
	return "remove it"
}

func (j judge) tls() {
	at := j.s.Block("tls").Head
	switch {
	case !j.targets(anyRule):
		fix := "remove it"
		for _, k := range j.probe.Capabilities {
			if k.Kind == manifest.SQL {
				fix = "configure TLS in the dsn of the database block, such as sslmode=verify-full&sslrootcert=ca.pem&sslcert=client.pem&sslkey=client.key for PostgreSQL"
			}
		}
		j.Out.Err(diag.NoEffect, at, fmt.Sprintf("The probe %s opens no TLS connection of its own, so the tls block has no effect.", j.probe.Name), fix)
	case !j.targets(func(r grant.Rule) bool { return r.Scheme != "http" && r.Scheme != "udp" && r.Scheme != "ws" }):
		j.Out.Warn(diag.NoEffect, at, "The target is not contacted with TLS, so the tls block has no effect.", "use https://, wss:// or the port that speaks TLS, or remove the block")
	case j.values["tls"] == false && j.values["starttls"] != true:
		j.Out.Warn(diag.NoEffect, at, "The probe's option tls is false, so the tls block has no effect.", "set tls = true in config, or remove the block")
	}
	if name, ok := j.values["server_name"].(manifest.Text); ok && j.o.TLS.ServerName != "" && !strings.EqualFold(name.Reveal(), j.o.TLS.ServerName) {
		j.Out.Err(diag.Conflict, j.s.Block("tls").Place("server_name"), "config and the tls block have different values of server_name.", "keep one of them")
	}
	secret := j.o.Auth.IsSet()
	manifest.Secrets(j.values, func(string) { secret = true })
	if j.o.TLS.SkipVerify && secret && !j.grants.Plaintext && j.targets(func(r grant.Rule) bool { return !j.local(r) }) {
		j.Out.Err(diag.Unprotected, j.s.Block("tls").Place("skip_verify"), "This integration has a secret, which vega does not send to a target whose certificate is not verified.",
			"use ca_file or fingerprint instead of skip_verify; or, if anyone on the network path may read the secret, add plaintext = true to the grant block")
	}
}

// local reports whether a connection for a rule stays on this machine.
func (j judge) local(r grant.Rule) bool {
	to := r.Host
	if j.o.ConnectTo != "" {
		if host, _, err := grant.Address(j.o.ConnectTo); err == nil {
			to = host
		}
	}
	return loopback(r.Host) && loopback(to)
}

func (j judge) auth() {
	block := j.s.Block("auth")
	own, plain := false, ""
	for _, r := range j.grants.Rules {
		if (r.Kind == manifest.HTTP || r.Kind == manifest.WebSocket) && j.grants.OwnOrigin(r) {
			own = true
			if over := encrypted[r.Scheme]; over != "" && !j.local(r) {
				plain = over
			}
		}
	}
	if !own {
		j.Out.Err(diag.NoEffect, block.Head, fmt.Sprintf("auth is for requests to the url options of an integration, and the probe %s has none that is set.", j.probe.Name), "remove the block; other protocols take their credentials in config")
		return
	}
	if plain != "" && !j.grants.Plaintext {
		j.unprotected(block.Head, plain, "The target is not contacted with TLS, so anyone on the network path could read the credentials.")
	}
	if c := j.o.Auth.Client; c != nil && plainURL(c.TokenURL) && !j.grants.Plaintext {
		j.unprotected(block.Place("token_url"), "https", "token_url is not contacted with TLS, so anyone on the network path could read client_secret.")
	}
	if where := j.already(); where != "" {
		j.Out.Err(diag.Conflict, block.Head, fmt.Sprintf("%s authenticates, too; a request has one Authorization header.", where), "keep one of them")
	}
}

// encrypted holds the schemes that are the same over TLS.
var encrypted = map[string]string{"http": "https", "ws": "wss"}

func (j judge) unprotected(at diag.Place, scheme, what string) {
	j.Out.Err(diag.Unprotected, at, what, "use "+scheme+"://; or, if they may read them, add plaintext = true to the grant block")
}

// already returns where config authenticates.
func (j judge) already() string { return authenticates(j.probe.Options, j.values, "config", "") }

// authenticates returns where the values of options, or of the fields of an object,
// contain a login for requests, or "".
func authenticates(options []manifest.Option, values map[string]manifest.Value, where, prefix string) string {
	for i := range options {
		o := &options[i]
		switch v := values[o.Name].(type) {
		case manifest.Text:
			if u, err := url.Parse(v.Reveal()); err == nil && o.Type == manifest.URL && u.User != nil {
				return "The user in " + prefix + o.Name
			}
		case map[string]manifest.Value:
			for name := range v {
				if (o.Format == manifest.RequestHeaders || o.Name == "headers") && strings.EqualFold(name, "authorization") {
					return "The header Authorization in " + where
				}
			}
		case []manifest.Value:
			for n, e := range v {
				object, _ := e.(map[string]manifest.Value)
				in := fmt.Sprintf("%s[%d]", o.Name, n)
				if found := authenticates(o.Fields, object, in, in+"."); found != "" {
					return found
				}
			}
		}
	}
	return ""
}
