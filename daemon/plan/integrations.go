package plan

import (
	"crypto/tls"
	"reflect"
	"slices"
	"strings"

	"vega/daemon/config"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/transport"
)

// blocks returns the blocks that were added, removed or changed.
func blocks[T any](old, next []T, name func(T) string) []Block {
	out := []Block{}
	for _, p := range paired(old, next, name) {
		switch {
		case p.old == nil:
			out = append(out, Block{p.name, Add})
		case p.next == nil:
			out = append(out, Block{p.name, Remove})
		case !reflect.DeepEqual(*p.old, *p.next):
			out = append(out, Block{p.name, Alter})
		}
	}
	return out
}

// version identifies the module of a plugin.
type version struct{ name, digest string }

func pluginsBetween(old, next *config.Config) []Block {
	return blocks(versions(old), versions(next), func(v version) string { return v.name })
}

func versions(c *config.Config) (all []version) {
	for _, f := range c.Plugins.Modules {
		if f.Module != nil {
			all = append(all, version{f.Module.Manifest.Name, f.Module.Digest})
		}
	}
	slices.SortFunc(all, func(a, b version) int { return slices.Compare([]string{a.name, a.digest}, []string{b.name, b.digest}) })
	return slices.CompactFunc(all, func(a, b version) bool { return a.name == b.name })
}

// integration describes how one integration changes. differs is false if it does
// not.
func (p *Plan) integration(of pair[config.Integration]) (i Integration, differs bool) {
	i = Integration{Block: Block{Name: of.name}, Attributes: []Attribute{}, Because: []string{}}
	switch {
	case of.old == nil:
		i.Action = Add
	case of.next == nil:
		i.Action = Remove
	default:
		i.Attributes = attributes(of.old, of.next)
		i.Because = p.because(of.next)
		switch {
		case len(i.Attributes) > 0:
			i.Action = Alter
		case len(i.Because) > 0:
			i.Action = Restart
		}
	}
	return i, i.Action != ""
}

// Share makes next refer to what old holds of each integration wherever both are equal,
// so that a reload does not keep both in memory. Nothing else may refer to next yet.
func Share(old, next *config.Config) {
	for _, of := range paired(old.Integrations, next.Integrations, func(i config.Integration) string { return i.Name }) {
		if of.old == nil || of.next == nil {
			continue
		}
		of.next.Name = of.old.Name
		share(&of.next.Values, of.old.Values)
		share(&of.next.Grants, of.old.Grants)
		share(&of.next.Transport, of.old.Transport)
		share(&of.next.DependsOn, of.old.DependsOn)
		share(&of.next.Annotations, of.old.Annotations)
	}
}

func share[T any](next *T, old T) {
	if reflect.DeepEqual(*next, old) {
		*next = old
	}
}

// because lists the changed dependencies of the integration.
func (p *Plan) because(i *config.Integration) []string {
	out := []string{}
	if find(p.Plugins, i.Plugin) {
		out = append(out, "plugin "+i.Plugin)
	}
	for _, r := range i.Grants.Rules {
		if r.Kind == manifest.SQL && find(p.Databases, r.Name) {
			out = append(out, "database."+r.Name)
		}
	}
	return out
}

func attributes(old, next *config.Integration) []Attribute {
	out := []Attribute{}
	add := func(name string, was, now any) {
		if !reflect.DeepEqual(was, now) {
			out = append(out, Attribute{name, shown(was), shown(now)})
		}
	}
	add("probe", old.Plugin+"."+old.Probe, next.Plugin+"."+next.Probe)
	add("enabled", old.Enabled, next.Enabled)
	add("interval", old.Interval, next.Interval)
	add("timeout", old.Timeout, next.Timeout)
	add("memory", old.Memory, next.Memory)
	add("depends_on", old.DependsOn, next.DependsOn)
	add("group", old.Group, next.Group)
	add("labels", old.Labels, next.Labels)
	add("description", option{old.Description}, option{next.Description})
	add("runbook", option{old.Runbook}, option{next.Runbook})
	addTransport(add, old.Transport, next.Transport)
	for _, name := range optionNames(old, next) {
		add("config."+name, option{old.Values[name]}, option{next.Values[name]})
	}
	add("grant", granted(old.Grants), granted(next.Grants))
	if len(out) == 0 { // only the order changed, which matters because messages refer to grants by index
		add("grant", option{old.Grants}, option{next.Grants})
	}
	return out
}

// addTransport adds what changes about the connections of an integration.
// Values that may be secret are not shown.
func addTransport(add func(name string, was, now any), old, next *transport.Options) {
	var was, now transport.Options
	if old != nil {
		was = *old
	}
	if next != nil {
		now = *next
	}
	add("connect_to", was.ConnectTo, now.ConnectTo)
	add("tls.client_cert", option{was.TLS.Cert}, option{now.TLS.Cert})
	add("tls.client_key", option{was.TLS.Key}, option{now.TLS.Key})
	add("tls.ca_file", was.TLS.CAFile, now.TLS.CAFile)
	add("tls.server_name", was.TLS.ServerName, now.TLS.ServerName)
	add("tls.min_version", tls.VersionName(was.TLS.Oldest()), tls.VersionName(now.TLS.Oldest()))
	add("tls.fingerprint", was.TLS.Fingerprint, now.TLS.Fingerprint)
	add("tls.skip_verify", was.TLS.SkipVerify, now.TLS.SkipVerify)
	add("auth", option{was.Auth}, option{now.Auth})
	add("ssh.host_keys", option{was.SSH.HostKeys}, option{now.SSH.HostKeys})
	add("ssh.user", option{was.SSH.User}, option{now.SSH.User})
	add("ssh.password", option{was.SSH.Password}, option{now.SSH.Password})
	add("ssh.private_key", option{[]any{was.SSH.PrivateKey, was.SSH.Passphrase}}, option{[]any{now.SSH.PrivateKey, now.SSH.Passphrase}})
	add("ssh.command", option{was.SSH.Command}, option{now.SSH.Command})
}

// granted returns a sorted list of what a grant block allows.
func granted(s grant.Set) string {
	var all []string
	for _, r := range s.Rules {
		if r.Origin == grant.FromBlock {
			all = append(all, r.String())
		}
	}
	slices.Sort(all)
	if s.KV > 0 {
		all = append(all, "kv "+s.KV.String())
	}
	if s.Plaintext {
		all = append(all, "plaintext")
	}
	if s.Anywhere {
		all = append(all, "secrets anywhere")
	}
	return strings.Join(all, ", ")
}

// option wraps a value that must not appear in the plan.
type option struct{ value any }

func optionNames(all ...*config.Integration) (names []string) {
	for _, i := range all {
		for name := range i.Values {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
