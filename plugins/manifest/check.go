package manifest

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vega/plugins/pattern"
	"vega/policies/check"
	"vega/sdk/condition"
)

var name = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// ValidName reports whether s is a valid name of a plugin, probe, option or
// integration.
func ValidName(s string) bool { return len(s) <= 64 && name.MatchString(s) }

// Reserved lists the root words of the configuration. No plugin may have such a
// name, because a reference such as probe = llm.x would be ambiguous.
var Reserved = []string{
	"alert", "bundled", "data_dir", "database", "databases", "defaults", "each", "env", "env_set", "file", "integration", "llm", "log",
	"network", "notifier", "plugins", "policies", "server", "store", "system", "threshold", "vega",
}

var (
	types        = []Type{String, Number, Bool, DurationType, SizeType, URL, Address, Database, List, Map}
	elementTypes = []Type{String, Number, Bool, DurationType, SizeType, URL, Address, Any}
	kinds        = []Kind{HTTP, Net, DNS, SQL, KV, ICMP, WebSocket, SSH, Unix}
	networks     = []string{"tcp", "tls", "udp"}
	schemes      = []string{"http", "https", "ws", "wss"}
	httpMethod   = regexp.MustCompile(`^[A-Z]{1,16}$`)
)

// Check returns all errors of the manifest, joined. Each is a *Mistake.
func (m *Manifest) Check() error {
	var c checker
	c.is(m.ABI == V1 || m.ABI == Nagios, "abi is %q; this version of vega supports %q, and %q for Nagios plugins", clip(m.ABI), V1, Nagios)
	c.is(ValidName(m.Name), "name %q must match %s", clip(m.Name), name)
	c.is(!slices.Contains(Reserved, m.Name), "name %q is a reserved word of the configuration; choose another", m.Name)
	c.is(m.Version != "" && len(m.Version) <= 64, "version must be set, in at most 64 bytes")
	c.is(len(m.Probes) > 0, "there are no probes")
	c.is(m.ABI != Nagios || len(m.Probes) <= 1, "there are %d probes; with abi %q there can be only one, because a command has one _start", len(m.Probes), Nagios)
	seen := map[string]bool{}
	for i := range m.Probes {
		p := &m.Probes[i]
		c.at = Mistake{Probe: p.Name}
		c.is(ValidName(p.Name), "the name must match %s", name)
		c.is(!seen[p.Name], "the name is used twice")
		seen[p.Name] = true
		c.probe(p)
		if m.ABI == Nagios {
			c.bridged(p)
		}
	}
	return errors.Join(c.errs...)
}

type checker struct {
	at      Mistake // where the checker is; has no message
	errs    []error
	work    int  // steps of all patterns so far
	tooMuch bool // the limit was exceeded and reported
}

func (c *checker) is(ok bool, format string, args ...any) {
	if !ok && len(c.errs) < 20 {
		m := c.at
		m.text = fmt.Sprintf(format, args...)
		c.errs = append(c.errs, &m)
	}
}

func (c *checker) probe(p *Probe) {
	timeout := time.Duration(p.Timeout)
	c.is(timeout == 0 || timeout >= time.Second && timeout <= maxDefaultTimeout, "timeout %v is not between 1s and 30s; an integration may set a longer one", timeout)
	c.is(p.Interval >= 0, "interval must not be negative")
	seen := map[string]bool{}
	for i := range p.Options {
		o := &p.Options[i]
		c.at.Option = o.Name
		c.is(ValidName(o.Name), "option %q: the name must match %s", clip(o.Name), name)
		c.is(!seen[o.Name], "option %q is declared twice", o.Name)
		c.is(!o.Unique && !o.Fills, "option %q: unique and fills are for fields of objects", o.Name)
		seen[o.Name] = true
		c.option(o)
		c.fields(o)
	}
	c.at.Option = ""
	c.relations(p.Options, &c.at.Option)
	for _, n := range p.NeedsAny {
		c.is(seen[n], "needs_any names %q, which is not an option", clip(n))
	}
	for i := range p.Capabilities {
		c.at.Capability = p.Capabilities[i].Kind
		c.capability(p, &p.Capabilities[i])
	}
	c.at.Capability = ""
}

func (c *checker) option(o *Option) {
	if c.tooMuch {
		return
	}
	c.is(slices.Contains(types, o.Type), "option %q: unknown type %q", o.Name, clip(string(o.Type)))
	if o.Of != "" {
		c.is(o.Type == List || o.Type == Map, "option %q: only a list or map can have an element type", o.Name)
		c.is(slices.Contains(elementTypes, o.Of) || o.Of == Object && o.Type == List, "option %q: unknown element type %q", o.Name, clip(string(o.Of)))
	}
	if o.Pattern != "" {
		c.patterned(o)
	}
	if t, known := formats[o.Format]; known { // a newer plugin may have another
		c.is(o.Type == t, "option %q: only a %s can have the format %s", o.Name, t, o.Format)
		c.is(o.Default == nil, "option %q: an option with a format can't have a default", o.Name) // to check it would take as long as a stranger likes
	}
	c.is(len(o.Schemes) == 0 || o.Element() == URL, "option %q: only a url can have schemes", o.Name)
	for n, s := range o.Schemes {
		c.is(slices.Contains(schemes, s), "option %q: the scheme %q is not one of %s", o.Name, clip(s), strings.Join(schemes, ", "))
		c.is(!slices.Contains(o.Schemes[:n], s), "option %q: the scheme %q is there twice", o.Name, clip(s))
	}
	c.is(!o.SQL || o.Element() == String, "option %q: only a string can be SQL", o.Name)
	c.is(!o.SQL || !o.Sensitive, "option %q is SQL, which must not contain secrets, so it can't be sensitive", o.Name)
	c.is(!o.Required || o.Default == nil, "option %q can't be required and have a default", o.Name)
	if o.Default != nil && !c.tooMuch {
		v, err := o.Convert(o.Default)
		if err == nil {
			err = o.Constrain(v)
		}
		c.is(err == nil, "option %q: the default is not valid: %v", o.Name, err)
	}
}

// patterned checks a pattern. It works as long as all patterns together, with
// the defaults that they are matched against, stay within their share of work.
func (c *checker) patterned(o *Option) {
	p, err := o.pattern()
	c.is(err == nil, "option %q: %v", o.Name, err)
	if err != nil {
		return
	}
	times := 1
	if c.at.Field != "" { // it is compiled for each object
		times = MaxObjects
	}
	if c.work += times * p.Work(compileWork+lengthOf(o.Default)); c.work > maxWork {
		c.tooMuch = true
		c.is(false, "option %q: the patterns up to this one take more than %d steps to match their defaults; simplify them", o.Name, maxWork)
	}
}

func (c *checker) capability(p *Probe, k *Capability) {
	if !slices.Contains(kinds, k.Kind) {
		c.is(false, "unknown capability %q; the capabilities are %s", clip(string(k.Kind)), kindsHint(k.Kind))
		return // the rest of it depends on its kind
	}
	c.is(strings.TrimSpace(k.Reason) != "" && len(k.Reason) <= 500, "capability %q needs a reason for the operator, of at most 500 bytes", k.Kind)
	for _, f := range k.From {
		o := p.Target(f)
		c.is(o == nil || !strings.Contains(f, ".") || o.Default == nil, "capability %q takes its targets from %q, which can't have a default: nobody would have written the target", k.Kind, clip(f))
		c.is(o != nil, "capability %q takes its targets from %q, which is not an option of this probe", k.Kind, clip(f))
		c.is(o == nil || o.Element() != URL || o.leadsTo(k.Kind), "capability %q takes its targets from %q, whose URLs are of %s; add schemes = [%s] to the option", k.Kind, clip(f), schemesOf(o), carriers[k.Kind])
		c.is(o == nil || o.holdsTarget(k.Kind), "capability %q takes its targets from %q, but an option of type %s can't hold one; use %s", k.Kind, clip(f), typeOf(o), holders[k.Kind])
	}
	for _, m := range k.Methods {
		switch k.Kind {
		case HTTP, Unix:
			c.is(httpMethod.MatchString(m), "capability %s: %q is not an HTTP method", k.Kind, clip(m))
		case Net:
			c.is(slices.Contains(networks, m), "capability net: %q is not one of tcp, tls, udp", clip(m))
		default:
			c.is(false, "capability %q does not take methods", k.Kind)
		}
	}
}

// kindsHint lists the capabilities, and says which one a similar word means.
func kindsHint(k Kind) string {
	names := make([]string, len(kinds))
	for i, one := range kinds {
		names[i] = string(one)
	}
	all := strings.Join(names, ", ")
	switch k {
	case "udp", "tcp", "tls":
		return fmt.Sprintf("%s; for connections over %s, use capability \"net\" with methods = [%q]", all, k, k)
	case "https", "web":
		return all + `; use capability "http"`
	case "database", "db", "query":
		return all + `; use capability "sql"`
	case "storage", "cache":
		return all + `; use capability "kv"`
	case "ping":
		return all + `; use capability "icmp"`
	case "ws", "wss":
		return all + `; use capability "websocket"`
	case "grpc", "http2":
		return all + `; gRPC is HTTP/2: use capability "http" with methods = ["POST"]`
	default:
		return all
	}
}

// holders names the types of options that can hold a target of each kind.
var holders = map[Kind]string{
	HTTP: "url", Net: "address or url", DNS: "string or address", SQL: "database", KV: "no option",
	ICMP: "string", WebSocket: "url", SSH: "address", Unix: "string",
}

// carriers holds the schemes of the URLs that are targets of a kind.
var carriers = map[Kind]string{HTTP: `"http", "https"`, WebSocket: `"ws", "wss"`}

// leadsTo reports whether a URL in the option can be a target of a kind.
func (o *Option) leadsTo(k Kind) bool {
	return carriers[k] == "" || slices.ContainsFunc(o.URLSchemes(), func(s string) bool { return strings.Contains(carriers[k], strconv.Quote(s)) })
}

// URLSchemes returns the schemes that URLs in the option may have.
func (o *Option) URLSchemes() []string {
	if len(o.Schemes) == 0 {
		return []string{"http", "https"}
	}
	return o.Schemes
}

// schemesOf lists the schemes of an option's URLs; "" without an option.
func schemesOf(o *Option) string {
	if o == nil {
		return ""
	}
	return strings.Join(o.URLSchemes(), " and ")
}

// typeOf returns the type of an option's values; "" without an option.
func typeOf(o *Option) Type {
	if o == nil {
		return ""
	}
	return o.Element()
}

// holdsTarget reports whether an option of this type can name a destination of
// the given kind.
func (o *Option) holdsTarget(k Kind) bool {
	t := o.Element()
	switch k {
	case HTTP, WebSocket:
		return t == URL
	case ICMP, Unix:
		return t == String
	case SSH:
		return t == Address
	case Net:
		return t == Address || t == URL
	case DNS:
		return t == String || t == Address
	case SQL:
		return t == Database
	default:
		return false
	}
}

// Element returns the type of the option's values: of its elements if it is a
// list or map, else its own.
func (o *Option) Element() Type {
	if o.Type != List && o.Type != Map {
		return o.Type
	}
	if o.Of == "" {
		return String
	}
	return o.Of
}

// Convert converts a JSON value, such as a default, to the option's type.
func (o *Option) Convert(v any) (Value, error) {
	switch o.Type {
	case List:
		in, ok := v.([]any)
		if !ok {
			return nil, fmt.Errorf("%s is not a list", clip(fmt.Sprint(v)))
		}
		out := make([]Value, 0, len(in))
		for _, e := range in {
			ev, err := o.element(e)
			if err != nil {
				return nil, err
			}
			out = append(out, ev)
		}
		return out, nil
	case Map:
		in, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s is not a map", clip(fmt.Sprint(v)))
		}
		out := make(map[string]Value, len(in))
		for k, e := range in {
			ev, err := scalar(o.Element(), e)
			if err != nil {
				return nil, err
			}
			out[k] = ev
		}
		return out, nil
	default:
		return scalar(o.Type, v)
	}
}

func scalar(t Type, v any) (Value, error) {
	switch v := v.(type) {
	case string:
		switch t {
		case String, URL, Address, Database, Any:
			return Plain(v), nil
		case DurationType:
			return time.ParseDuration(v)
		case SizeType:
			return ParseSize(v)
		}
	case float64:
		if (t == Number || t == Any) && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v, nil
		}
	case bool:
		if t == Bool || t == Any {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%s is not of type %s", clip(fmt.Sprint(v)), t)
}

// Constrain checks a value of the option's type against one_of, pattern, min,
// max and format. Its errors do not quote a value with a secret.
func (o *Option) Constrain(v Value) error {
	if o.Element() == Object {
		return o.constrainObjects(v)
	}
	c := constraint{Option: o}
	if o.Pattern != "" {
		var err error
		if c.pattern, err = o.pattern(); err != nil {
			return err
		}
	}
	if err := c.value(v); err != nil {
		return err
	}
	return o.formed(v)
}

// constraint is an option with its compiled pattern.
type constraint struct {
	*Option
	pattern *pattern.Pattern // nil without a pattern
	work    int              // matching steps so far
}

func (c *constraint) value(v Value) error {
	switch v := v.(type) {
	case []Value:
		for _, e := range v {
			if err := c.value(e); err != nil {
				return err
			}
		}
	case map[string]Value:
		for _, k := range sortedKeys(v) {
			if err := c.value(v[k]); err != nil {
				return err
			}
		}
	case Text:
		return c.text(v)
	case float64:
		return c.within(v, func(f float64) string { return fmt.Sprint(f) })
	case time.Duration:
		return c.within(v.Seconds(), func(f float64) string { return time.Duration(f * float64(time.Second)).String() })
	case Size:
		return c.within(float64(v), func(f float64) string { return Size(f).String() })
	}
	return nil
}

func (c *constraint) text(t Text) error {
	s := t.Reveal()
	if len(c.OneOf) > 0 && !slices.Contains(c.OneOf, s) {
		return fmt.Errorf("%q is not one of %s", clip(t.String()), clip(strings.Join(c.OneOf, ", ")))
	}
	if c.pattern == nil {
		return nil
	}
	if c.work += c.pattern.Work(1 + len(s)); c.work > maxWork {
		return fmt.Errorf("the value is too long for its pattern, which is matched against at most %d bytes", maxWork/c.pattern.States())
	}
	if !c.pattern.MatchString(s) {
		return fmt.Errorf("%q does not match %s", clip(t.String()), c.Option.Pattern)
	}
	return nil
}

func (o *Option) within(f float64, show func(float64) string) error {
	if o.Min != nil && f < *o.Min {
		return fmt.Errorf("%s is below the minimum, %s", show(f), show(*o.Min))
	}
	if o.Max != nil && f > *o.Max {
		return fmt.Errorf("%s is above the maximum, %s", show(f), show(*o.Max))
	}
	return nil
}

// asCondition returns an error of package condition.
func asCondition(err error) (*condition.Error, bool) { return errors.AsType[*condition.Error](err) }

// clip shortens a name or value of a hostile manifest for a message.
func clip(s string) string { return check.Clip(s, 80) }
