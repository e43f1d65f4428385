package config

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"vega/daemon/config/alerts"
	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/exports"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/daemon/config/telemetry"
	"vega/plugins/manifest"
	"vega/policies/alert"
)

// maxPEM limits the size of a certificate or key file.
const maxPEM = 1 << 20

// builder builds vega's own blocks and checks rules that span several
// attributes.
type builder struct{ *stage }

// top builds the attributes outside of blocks.
func (d builder) top(c *Config) {
	d.ev.Evaluate(d.root)
	c.DataDir, c.Watch = d.ev.Str(d.root, "data_dir"), eval.Get[bool](d.ev, d.root, "watch")
}

// blocks builds every block but server, plugins, integrations and thresholds.
func (d builder) blocks(c *Config) {
	for _, name := range []string{"log", "store", "llm", "network", "sandbox"} {
		d.ev.Evaluate(d.root.Block(name))
	}
	c.Log.Level = schema.Level(d.ev.Str(d.root.Block("log"), "level"))
	c.Store.Path = cmp.Or(d.ev.Str(d.root.Block("store"), "path"), filepath.Join(c.DataDir, "vega.db"))
	d.store(d.root.Block("store"), &c.Store)
	d.llm(d.root.Block("llm"), &c.LLM)
	d.network(d.root.Block("network"), &c.Network)
	c.Sandbox.HostMemory = eval.Get[manifest.Size](d.ev, d.root.Block("sandbox"), "host_memory")
	for _, s := range d.root.All("database") {
		c.Databases = append(c.Databases, d.databaseBlock(s))
	}
	slices.SortFunc(c.Databases, func(a, b Database) int { return strings.Compare(a.Name, b.Name) })
}

// alerting builds the blocks of alerting and of status pages.
func (d builder) alerting(c *Config) {
	b := alerts.Stage{Root: d.root, Ev: d.ev, Out: d.out}.Build(c.Watched(), defaultAlerts())
	c.Notifiers, c.Alerts, c.Windows, c.DeadMen, c.StatusPages = b.Notifiers, b.Alerts, b.Windows, b.DeadMen, b.Pages
}

// exports builds the blocks of what is exported and measured.
func (d builder) exports(c *Config) telemetry.Settings {
	out := exports.Stage{Root: d.root, Ev: d.ev, Out: d.out, Server: exports.Address{Host: c.Server.Host, Port: c.Server.Port}}.Build()
	if out.OTLP != nil && out.OTLP.CAFile != "" {
		d.caFile(d.root.Block("telemetry").Block("otlp"), out.OTLP.CAFile)
	}
	return out
}

// Watched returns the integrations as alerting sees them, in order of name.
func (c *Config) Watched() []alert.Integration {
	all := make([]alert.Integration, len(c.Integrations))
	for n := range c.Integrations {
		i := &c.Integrations[n]
		all[n] = alert.Integration{
			Name: i.Name, Group: i.Group, Labels: i.Labels, Runbook: i.Runbook,
			DependsOn: i.DependsOn, Interval: i.Interval, Enabled: i.Enabled,
		}
	}
	return all
}

func (d builder) store(s *bind.Section, out *Store) {
	out.SlowQuery = d.ev.Duration(s, "slow_query")
	out.KeepRuns = d.ev.Duration(s, "keep_runs")
	out.KeepConversations = d.ev.Duration(s, "keep_conversations")
	out.MaxSize = int64(eval.Get[manifest.Size](d.ev, s, "max_size"))
}

func (d builder) llm(s *bind.Section, out *LLM) {
	out.Backend = d.ev.Str(s, "backend")
	out.ModelName = d.ev.Str(s, "model_name")
	out.BaseURL = eval.Get[manifest.Text](d.ev, s, "base_url")
	out.Temperature = eval.Get[float64](d.ev, s, "temperature")
	out.TopP = eval.Get[float64](d.ev, s, "top_p")
	out.Timeout = d.ev.Duration(s, "timeout")
	if t := s.Slot("model_name"); t != nil && t.State == bind.Present && out.ModelName == "" {
		d.out.Err(diag.OutOfBounds, t.Expr.At, "model_name is empty.", "set it to the model's name, such as \"llama3.2\", or remove the attribute")
	}
	if t := s.Slot("top_p"); t != nil && t.State == bind.Present && out.TopP == 0 {
		d.out.Err(diag.OutOfBounds, t.Expr.At, "top_p must be above 0, because with 0 the model has no token to choose from.", "use a value above 0, up to 1")
	}
}

// overrule replaces host and port with those of the command line before
// references to them are evaluated. It keeps an invalid value, whose mistake is
// reported.
func (d builder) overrule() {
	if d.in.Host != "" {
		d.put("host", &syntax.Expr{Kind: syntax.TextExpr, Text: d.in.Host})
	}
	if d.in.Port != 0 {
		d.put("port", &syntax.Expr{Kind: syntax.NumExpr, Num: float64(d.in.Port)})
	}
}

func (d builder) put(name string, e *syntax.Expr) {
	if !d.root.Has("server") {
		d.root.Blocks = append(d.root.Blocks, d.root.Block("server"))
	}
	s := d.root.Block("server")
	t := s.Slot(name)
	if t == nil {
		t = &bind.Slot{Row: s.Schema.Row(name), At: s.Head, Expr: &syntax.Expr{At: s.Head}}
		s.Slots = append(s.Slots, t)
	} else if d.ev.Value(s, name); t.State == bind.Bad {
		return
	}
	e.At = t.Expr.At
	t.Expr, t.State = e, bind.Unread
}
