package schema

import (
	"slices"

	"vega/plugins/manifest"
)

// ManifestTable describes plugin.hcl, a plugin's manifest next to its source.
var ManifestTable = &Block{
	Rows: []Row{
		attribute("abi", text, "The probe ABI; \"nagios\" is for a WASI command written for Nagios.", preset(manifest.V1), oneOf(manifest.V1, manifest.Nagios)),
		attribute("name", text, "The plugin's name, the first part of plugin.probe.", required),
		attribute("version", text, "The plugin's version.", required),
		attribute("description", text, "What the plugin is for."),
	},
	Blocks: []*Block{
		{Name: "probe", Label: "name", Doc: "A check that the plugin can run.", Rows: []Row{
			attribute("summary", text, "What the probe checks, in one line."),
			attribute("needs_any", manifest.List, "Options, at least one of which must be set; otherwise the integration is disabled.", of(text)),
			attribute("timeout", duration, "Default maximum time for a check."),
			attribute("interval", duration, "Default time between checks."),
		}, Blocks: []*Block{
			{Name: "option", Label: "name", Doc: "An option that the config block can set.", Rows: optionRows(append(slices.Clone(elements), "object")...), Blocks: []*Block{
				{Name: "field", Label: "name", Doc: "A field of the objects in a list of objects: an option of type list, with of = \"object\".", Rows: append(optionRows(elements...),
					attribute("unique", manifest.Bool, "Whether no two objects can have the same value."),
					attribute("fills", manifest.Bool, "Whether {name} in the text stands for a value that an earlier object takes, in a field with the format \"takes\"."))},
			}},
			{Name: "capability", Label: "kind", Repeat: true, Doc: "Something that the probe may ask the host for.", Rows: []Row{
				attribute("reason", text, "Why the probe needs the capability. Operators see it when they decide whether to grant it.", required),
				attribute("from", manifest.List, "The options that hold the targets; OPTION.FIELD for a field of a list of objects.", of(text)),
				attribute("hosts", manifest.List, "Fixed targets, as in a grant block.", of(text)),
				attribute("methods", manifest.List, "HTTP methods, or networks to connect over.", of(text)),
				attribute("optional", manifest.Bool, "Whether the probe works without the capability."),
			}},
		}},
	},
}

// elements are the types of the elements of lists and maps.
var elements = []string{"string", "number", "bool", "duration", "size", "url", "address", "any"}

// optionRows describes an option, or a field of an object.
func optionRows(elements ...string) []Row {
	return []Row{
		attribute("type", text, "The option's type.", required, oneOf("string", "number", "bool", "duration", "size", "url", "address", "database", "list", "map")),
		attribute("of", text, "The type of the elements of a list or map. Default: string.", oneOf(elements...)),
		attribute("required", manifest.Bool, "Whether the option must be set."),
		attribute("sensitive", manifest.Bool, "Whether the value is kept out of all output."),
		attribute("sql", manifest.Bool, "Whether the value is SQL, which cannot contain env() or file()."),
		attribute("description", text, "What the option does."),
		attribute("default", Anything, "The value if the option is not set."),
		attribute("one_of", manifest.List, "The allowed strings.", of(text)),
		attribute("schemes", manifest.List, "The schemes that a url can have. Default: http and https.", of(text), oneOf("http", "https", "ws", "wss")),
		attribute("pattern", text, "A regular expression that the whole string must match."),
		attribute("format", text, "The syntax of the value, checked when the configuration is validated. For a string: \"regex\" (RE2), or \"json_path\". For a map: \"json_conditions\" (by path), \"header_conditions\" (by name), \"request_headers\" (headers that a probe can send), or \"takes\" (what to take from an answer).", oneOf("regex", "json_path", "json_conditions", "header_conditions", "request_headers", "takes")),
		attribute("requires", manifest.List, "Options that must be set if this one is. An entry such as \"mode=fast\" requires that value.", of(text)),
		attribute("conflicts", manifest.List, "Options that must not be set together with this one. An entry such as \"method=HEAD\" excludes only that value, also if it is the default.", of(text)),
		attribute("min", Bound, "Minimum value."),
		attribute("max", Bound, "Maximum value."),
	}
}
