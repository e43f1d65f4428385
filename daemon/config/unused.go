package config

import (
	"fmt"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/syntax"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// unusedGrants warns of entries in the grant block that have no effect.
func (b binding) unusedGrants(i Integration, config *bind.Section, block grantBlock) {
	for n, r := range block.set.Rules {
		if why, fix := b.unused(r, i.Grants.Rules, block.set.Rules[:n]); why != "" {
			b.out.Warn(diag.UnusedGrant, block.rules[n], why, fix)
		}
	}
	t := b.s.Block("grant").Slot("plaintext")
	if t == nil || !block.set.Plaintext || config.Broken || block.bad || config.AnyUnsure() {
		return
	}
	secret, exposed := i.authenticates(), slices.ContainsFunc(i.Grants.Rules, inTheClear)
	if t := i.Transport; t != nil {
		exposed = exposed || t.TLS.SkipVerify || t.ConnectTo != "" || t.Auth.Client != nil
	}
	manifest.Secrets(i.Values, func(string) { secret = true })
	switch {
	case !secret:
		b.out.Warn(diag.UnusedGrant, t.At, "No option of this integration is a secret, so plaintext has no effect.", "remove it")
	case !exposed:
		b.out.Warn(diag.UnusedGrant, t.At, "Every destination of this integration is encrypted or on this machine, so plaintext has no effect.", "remove it")
	}
}

// authenticates reports whether vega authenticates for the integration.
func (i Integration) authenticates() bool {
	return i.Transport != nil && (i.Transport.Auth.IsSet() || i.Transport.SSH.IsSet())
}

// unused returns why a rule of the grant block has no effect, and a fix. all
// are the integration's rules; before are those above it in the block.
func (b binding) unused(r grant.Rule, all, before []grant.Rule) (why, fix string) {
	if slices.ContainsFunc(before, func(o grant.Rule) bool { return allowsSame(r, o) }) {
		return "This is already in the grant block.", "remove it"
	}
	for _, o := range all {
		if o.Origin != grant.FromBlock && allowsSame(r, o) {
			return fmt.Sprintf("This is already granted: %s.", o.Where), "remove it"
		}
	}
	method, declared := b.method(r)
	if method == "" || len(declared) == 0 || slices.Contains(declared, method) {
		return "", ""
	}
	return fmt.Sprintf("The probe %s declares that it uses %s, not %s.", b.probe.Name, diag.Among(declared), diag.Clip(method)),
		"remove it, or ask the plugin's author to declare it"
}

// method returns the method or network that a rule allows, and those that the
// probe declares. It returns nothing for other kinds of rules.
func (b binding) method(r grant.Rule) (method string, declared []string) {
	switch r.Kind {
	case manifest.HTTP, manifest.Unix:
		method = r.Method
	case manifest.Net:
		method = r.Scheme
	default:
		return "", nil
	}
	for _, k := range b.probe.Capabilities {
		if k.Kind == r.Kind {
			declared = append(declared, grant.Methods(k)...)
		}
	}
	return method, declared
}

// allowsSame reports whether two rules allow the same, wherever they come from.
func allowsSame(a, b grant.Rule) bool {
	a.Origin, a.Where = b.Origin, b.Where
	return a == b
}

// inTheClear reports whether traffic that the rule allows can be read on the
// network.
func inTheClear(r grant.Rule) bool {
	return !loopback(r.Host) && (r.Kind == manifest.HTTP && r.Scheme == "http" || r.Kind == manifest.Net && r.Scheme != "tls" || r.Kind == manifest.WebSocket && r.Scheme == "ws")
}

// unusedDatabases warns of database blocks that nothing refers to. It does not
// warn if a file could not be read completely, or if a reference is misspelt.
func (d crossChecks) unusedDatabases() {
	if len(d.ev.Databases()) == 0 || d.ev.Notes.Misspelt || d.root.Broken || slices.ContainsFunc(d.root.Blocks, func(s *bind.Section) bool { return s.Broken }) {
		return
	}
	used := d.ev.Notes.Databases
	d.root.EachExpr(func(e *syntax.Expr) {
		if name, ok := strings.CutPrefix(e.Text, "database."); ok && e.Kind == syntax.RefExpr {
			used[name] = true
		}
	})
	for _, s := range d.root.All("database") {
		if !used[s.Name] && s == d.ev.Databases()[s.Name] && s.Name != "vega" {
			d.out.Warn(diag.Unused, s.Head, fmt.Sprintf("Nothing refers to database.%s, so no probe queries it.", diag.Clip(s.Name)),
				fmt.Sprintf("set database = database.%s in a core.database integration or in a metric block, or remove this block", diag.Clip(s.Name)))
		}
	}
}
