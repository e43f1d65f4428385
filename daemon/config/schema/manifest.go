package schema

import "vega/plugins/manifest"

// ManifestTable is plugin.hcl, a plugin's manifest beside its source.
var ManifestTable = &Block{
	Rows: []Row{
		attribute("abi", text, "The probe ABI that it speaks; \"nagios\" is a WASI command that was written for Nagios.", preset(manifest.V1), oneOf(manifest.V1, manifest.Nagios)),
		attribute("name", text, "Its name, the first part of plugin.probe.", required),
		attribute("version", text, "Its version.", required),
		attribute("description", text, "What it is for."),
	},
	Blocks: []*Block{
		{Name: "probe", Label: "name", Doc: "One check that it can run.", Rows: []Row{
			attribute("summary", text, "What it checks, in a line."),
			attribute("needs_any", manifest.List, "Options of which one must be set, else the integration is disabled.", of(text)),
			attribute("timeout", duration, "How long a check may take unless the operator says."),
			attribute("interval", duration, "How often it is checked unless the operator says."),
		}, Blocks: []*Block{
			{Name: "option", Label: "name", Doc: "One thing the config block may set.", Rows: []Row{
				attribute("type", text, "Its type.", required, oneOf("string", "number", "bool", "duration", "size", "url", "address", "database", "list", "map")),
				attribute("of", text, "The type of a list's or map's elements; string unless set.", oneOf("string", "number", "bool", "duration", "size", "url", "address", "any")),
				attribute("required", manifest.Bool, "Whether it must be set."),
				attribute("sensitive", manifest.Bool, "Whether it is kept out of every output."),
				attribute("sql", manifest.Bool, "Whether its text is SQL, in which env() and file() are refused."),
				attribute("description", text, "What it does."),
				attribute("default", Anything, "Its value when it is not set."),
				attribute("one_of", manifest.List, "The only strings allowed.", of(text)),
				attribute("pattern", text, "A regular expression that a string must match in full."),
				attribute("min", Bound, "The least allowed."),
				attribute("max", Bound, "The most allowed."),
			}},
			{Name: "capability", Label: "kind", Repeat: true, Doc: "Something it may ask of the host.", Rows: []Row{
				attribute("reason", text, "Why, for the operator to judge.", required),
				attribute("from", manifest.List, "The options that hold its targets.", of(text)),
				attribute("hosts", manifest.List, "Fixed targets, as in a grant block.", of(text)),
				attribute("methods", manifest.List, "HTTP methods, or networks to dial.", of(text)),
				attribute("optional", manifest.Bool, "Whether the probe does its job without it."),
			}},
		}},
	},
}
