// Package eval evaluates the values of a bound configuration: literals,
// templates, lists and maps, references, and the functions env, env_set and
// file.
//
// An Evaluator evaluates a slot on first use, so that references may point in
// any direction. It also records facts for checks of the whole configuration,
// such as which files were read as secrets and which databases are used.
package eval

import (
	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/expand"
	"vega/daemon/config/input"
	"vega/daemon/config/redact"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// Evaluator evaluates one configuration.
type Evaluator struct {
	Notes Notes
	// Groups are the integrations with for_each, by name.
	Groups map[string]*expand.Group
	// ProbeNamed returns the probe that a single word most likely means, or "".
	ProbeNamed func(word string) string

	in    *input.Set
	vars  *input.Variables
	out   *diag.Collector
	table *schema.Block
	root  *bind.Section
	lang  language

	bases map[string]*bind.Section // databases by name
	peers map[string]*bind.Section // integrations by name
	names []string                 // of peers, sorted on first use
	ends  map[string]bool          // names of notifiers

	measures map[string]bool   // names of metric blocks
	probes   map[string]string // by the name of the integration, which is released before alerts are read

	reading []string // the attributes whose values are being read, for circular references

	resolved map[string]bool // every value of env() and file(), which no diagnostic may show
	secrets  map[string]bool // those of resolved that are secrets, and literals of sensitive attributes
}

// language evaluates what a value may refer to.
type language interface {
	// argument returns the one plain string that a function is called with.
	argument(e *syntax.Expr) (string, bool)
	// reference returns the value that a reference points to.
	reference(e *syntax.Expr, w want, t manifest.Type) (manifest.Value, bind.State)
}

// want is the attribute that a value is for.
type want struct {
	*schema.Row
	off bool // the attribute belongs to a disabled integration, so values may be missing
}

// New returns an Evaluator of vega.hcl, bound to table. groups are the
// integrations with for_each.
func New(root *bind.Section, groups map[*bind.Section]*expand.Group, in *input.Set, vars *input.Variables, table *schema.Block, out *diag.Collector) *Evaluator {
	ev := &Evaluator{
		Notes: newNotes(), in: in, vars: vars, out: out, table: table, root: root,
		bases: map[string]*bind.Section{}, peers: map[string]*bind.Section{},
		resolved: map[string]bool{}, secrets: map[string]bool{}, ends: map[string]bool{}, measures: map[string]bool{}, probes: map[string]string{}, Groups: map[string]*expand.Group{},
	}
	ev.lang = configuration{ev}
	for _, b := range root.All("database") {
		ev.bases[b.Name] = b
	}
	for _, n := range root.All("notifier") {
		ev.ends[n.Name] = true
	}
	for _, m := range root.All("metric") {
		ev.measures[m.Name] = true
	}
	for _, i := range root.All("integration") {
		ev.peers[i.Name] = i
		if t := i.Slot("probe"); t != nil {
			ev.probes[i.Name] = t.Expr.Text
		}
		if g := groups[i]; g != nil {
			ev.Groups[i.Name] = g
		}
	}
	return ev
}

// NewManifest returns an Evaluator of a manifest, which calls no functions and
// refers to nothing.
func NewManifest(root *bind.Section, in *input.Set, table *schema.Block, out *diag.Collector) *Evaluator {
	ev := New(root, nil, in, in.Variables(nil, false), table, out)
	ev.lang = constants{out}
	return ev
}

// Secrets returns the values that no output may show, the longest first.
func (ev *Evaluator) Secrets() []string { return redact.LongestFirst(ev.secrets) }

// Redactor removes every value of env() and file() from text.
func (ev *Evaluator) Redactor() *redact.Redactor {
	return redact.New(redact.LongestFirst(ev.resolved))
}

// AddSecret adds a value that no output may show.
func (ev *Evaluator) AddSecret(text string) { ev.secrets[text] = true }

// RemoveSecret removes a value that turned out not to be secret.
func (ev *Evaluator) RemoveSecret(text string) { delete(ev.secrets, text) }

// Variables returns the environment that values come from.
func (ev *Evaluator) Variables() *input.Variables { return ev.vars }

// Databases returns the database blocks by name. If two have the same name, it
// returns the last.
func (ev *Evaluator) Databases() map[string]*bind.Section { return ev.bases }

// addSecrets adds the strings in a sensitive value to the secrets.
func (ev *Evaluator) addSecrets(v manifest.Value) {
	switch v := v.(type) {
	case manifest.Text:
		if s := v.Reveal(); s != "" {
			ev.secrets[s] = true
		}
	case []manifest.Value:
		for _, e := range v {
			ev.addSecrets(e)
		}
	case map[string]manifest.Value:
		for _, e := range v {
			ev.addSecrets(e)
		}
	}
}
