package plan

import (
	"strings"

	"vega/daemon/config"
	"vega/daemon/config/telemetry"
)

func measureSettings(m *telemetry.Measure) []setting {
	return []setting{
		{name: "database", value: m.Database},
		{name: "query", value: m.Query, hidden: true}, // long, and may name people
		{name: "value", value: m.Value},
		{name: "labels", value: strings.Join(m.Labels, ", ")},
		{name: "interval", value: m.Interval},
		{name: "timeout", value: m.Timeout},
		{name: "max_series", value: m.MaxSeries},
		{name: "help", value: m.Help},
	}
}

// modules compares the modules for GET /probe.
func modules(old, next []config.ScrapeModule) []Detailed {
	out := []Detailed{}
	for _, p := range paired(old, next, func(m config.ScrapeModule) string { return m.Name }) {
		d := Detailed{Block: Block{Name: p.name}, Attributes: []Attribute{}}
		switch {
		case p.old == nil:
			d.Action = Add
		case p.next == nil:
			d.Action = Remove
		default:
			d.Action = Alter
			d.Attributes = append(attributes(&p.old.Integration, &p.next.Integration), changed(moduleSettings(p.old), moduleSettings(p.next))...)
		}
		if d.Action != Alter || len(d.Attributes) > 0 {
			out = append(out, d)
		}
	}
	return out
}

func moduleSettings(m *config.ScrapeModule) []setting {
	return []setting{{name: "targets", value: strings.Join(m.Targets, ", ")}, {name: "from", value: m.From}}
}
