package grant

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"vega/plugins/manifest"
)

// Request is the input of Effective.
type Request struct {
	Probe   *manifest.Probe
	Values  manifest.Values
	Written map[string]bool // options that the operator wrote, as opposed to defaults
	Bundled bool            // the plugin ships with vega
	Secret  bool            // whether Values contain a secret for which the guest has a placeholder
	Block   Set             // the grant block; its rules have Origin FromBlock
}

// Missing is a required capability without any grant.
type Missing struct {
	Capability manifest.Capability
	Fix        string // the attribute to paste into a grant block
}

// Effective returns every grant of an integration, each with its origin, and
// the required capabilities that have none. A capability that the probe does
// not declare is never granted, regardless of the block. A third-party plugin
// that is given a secret keeps only the grants to that secret's origin, unless
// the block allows otherwise: what the origin reveals about the secret must not
// reach other hosts.
func Effective(q Request) (Set, []Missing) {
	out := Set{Plaintext: q.Block.Plaintext, Anywhere: q.Block.Anywhere}
	var missing []Missing
	for _, k := range q.Probe.Capabilities {
		before := len(out.Rules)
		for _, name := range k.From {
			out.Rules = q.fromOption(out.Rules, k, name)
		}
		if q.Bundled {
			for _, h := range k.Hosts {
				if r, err := Parse(k.Kind, h); err == nil {
					r.Origin, r.Where = FromBundled, "fixed host of the bundled plugin"
					out.Rules = append(out.Rules, r)
				}
			}
		}
		for _, r := range q.Block.Rules {
			if r.Kind == k.Kind && !slices.Contains(out.Rules, r) {
				out.Rules = append(out.Rules, r)
			}
		}
		if k.Kind == manifest.KV {
			out.KV = q.Block.KV
		}
		if granted := len(out.Rules) > before || k.Kind == manifest.KV && out.KV > 0; !granted && !k.Optional {
			missing = append(missing, Missing{k, q.fix(k)})
		}
	}
	if q.Secret && !q.Bundled && !out.Anywhere {
		out.confine(q.secretOrigin(out.Rules))
	}
	return out, missing
}

// fromOption appends a rule for each target in an option, or in a field of a list of
// objects. What the operator wrote is consent; only the bundled plugin may use a
// default.
func (q Request) fromOption(rules []Rule, k manifest.Capability, from string) []Rule {
	origin, at := FromConfig, "config."
	if name, _, _ := strings.Cut(from, "."); !q.Written[name] {
		if !q.Bundled {
			return rules
		}
		origin, at = FromBundled, "default of "
	}
	typ := q.Probe.Target(from).Element()
	q.eachTarget(from, func(t manifest.Text, name string) {
		if typ == manifest.String && t.HasSecret() {
			return // the guest does not see the URL, and rules are displayed
		}
		all := targets(nil, k, typ, t.Reveal())
		rules = slices.Grow(rules, len(all))
		for _, r := range all {
			r.Origin, r.Where = origin, at+name
			if name == from || !slices.ContainsFunc(rules, r.same) { // many objects have the same target
				rules = append(rules, r)
			}
		}
	})
	return rules
}

// same reports whether another rule allows the same for the same reason.
func (r Rule) same(o Rule) bool {
	o.Where = r.Where
	return o == r
}

// eachTarget calls yield with every text in an option, or in a field of each object of
// a list, and with its name.
func (q Request) eachTarget(from string, yield func(t manifest.Text, name string)) {
	name, field, nested := strings.Cut(from, ".")
	if !nested {
		eachText(q.Values[name], func(t manifest.Text) { yield(t, from) })
		return
	}
	list, _ := q.Values[name].([]manifest.Value)
	for i, e := range list {
		object, _ := e.(map[string]manifest.Value)
		eachText(object[field], func(t manifest.Text) { yield(t, fmt.Sprintf("%s[%d].%s", name, i, field)) })
	}
}

func eachText(v manifest.Value, yield func(manifest.Text)) {
	switch v := v.(type) {
	case manifest.Text:
		yield(v)
	case []manifest.Value:
		for _, e := range v {
			eachText(e, yield)
		}
	case map[string]manifest.Value:
		for _, e := range v {
			eachText(e, yield)
		}
	}
}

// targets appends the rules that a value implies. A value that does not parse
// implies none, and is reported when the option's type is checked.
func targets(rules []Rule, k manifest.Capability, t manifest.Type, text string) []Rule {
	add := func(r Rule, err error) {
		if err == nil {
			rules = append(rules, r)
		}
	}
	switch k.Kind {
	case manifest.HTTP:
		u, err := url.Parse(text)
		if err != nil {
			return rules
		}
		r, err := Origins(u)
		methods := Methods(k)
		rules = slices.Grow(rules, len(methods)) // exactly, since most integrations have one target
		for _, r.Method = range methods {
			add(r, err)
		}
	case manifest.Net:
		if u, err := url.Parse(text); t == manifest.URL && err == nil {
			text = WithPort(u.Host, defaultPort(u.Scheme))
		}
		for _, m := range Methods(k) {
			add(parseNet(m + "://" + text))
		}
	case manifest.DNS:
		if t == manifest.Address {
			text = "@" + WithPort(text, 53)
		}
		add(parseDNS(text))
	case manifest.WebSocket:
		if u, err := url.Parse(text); err == nil {
			add(WebSocketOrigin(u))
		}
	case manifest.Unix:
		for _, m := range Methods(k) {
			r, err := parseUnix(text)
			r.Method = m
			add(r, err)
		}
	case manifest.ICMP, manifest.SSH:
		add(Parse(k.Kind, text))
	case manifest.SQL:
		add(Parse(k.Kind, strings.TrimPrefix(text, "database.")))
	}
	return rules
}

// Methods returns the HTTP methods that a capability uses, or the networks that
// it dials: the declared ones, or else the defaults.
func Methods(k manifest.Capability) []string {
	switch {
	case len(k.Methods) > 0:
		return k.Methods
	case k.Kind == manifest.Net:
		return []string{"tcp"}
	case k.Kind == manifest.Unix:
		return []string{""}
	default:
		return []string{"GET", "HEAD"}
	}
}

// fix returns the line that would grant the capability: its own fixed hosts, or
// an example in the right form.
func (q Request) fix(k manifest.Capability) string {
	examples := k.Hosts
	if len(examples) == 0 {
		examples = map[manifest.Kind][]string{
			manifest.HTTP: {"GET https://host.example"},
			manifest.Net:  {"tcp://host.example:1234"},
			manifest.DNS:  {"host.example"},
			manifest.ICMP: {"host.example"}, manifest.WebSocket: {"wss://host.example"}, manifest.SSH: {"host.example:22"},
			manifest.Unix: {strings.TrimSpace(Methods(k)[0] + " /run/example.sock")},
		}[k.Kind]
	}
	switch k.Kind {
	case manifest.KV:
		return `kv = "64KiB"`
	case manifest.SQL:
		return "sql = [database.NAME]"
	default:
		quoted := make([]string, len(examples))
		for i, e := range examples {
			quoted[i] = fmt.Sprintf("%q", e)
		}
		return fmt.Sprintf("%s = [%s]", k.Kind, strings.Join(quoted, ", "))
	}
}
