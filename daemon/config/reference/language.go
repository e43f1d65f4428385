package reference

import (
	"vega/daemon/config/syntax"
)

// referenceTable lists every form of a reference, for documents.
var referenceTable = []struct{ form, doc, example string }{
	{
		"BLOCK.ATTRIBUTE",
		"The value of an attribute in a block without a name, or its default. It can also be part of a string: \"http://127.0.0.1:${server.port}/\". A secret stays secret. Attributes in blocks with a name cannot be referenced.",
		"base_url = llm.base_url",
	},
	{
		"data_dir",
		"The directory that vega writes its data to, as an absolute path.",
		`body = "kept in ${data_dir}"`,
	},
	{
		"database.NAME",
		"A database block, or database.vega for vega's own store, in attributes that take a database.",
		"database = database.app",
	},
	{
		"integration.NAME",
		"An integration, in depends_on. Its attributes cannot be referenced.",
		"depends_on = [integration.llm]",
	},
	{
		"integration.NAME[\"KEY\"]",
		"One instance of an integration with for_each, in depends_on; integration.NAME stands for all of them. In another integration with for_each, integration.NAME[each.key] is the instance with the same key.",
		"depends_on = [integration.hosts[\"web1\"]]",
	},
	{
		"each.key",
		"The key of an instance's target, in an integration with for_each.",
		`description = "The host ${each.key}"`,
	},
	{
		"each.value",
		"The value of an instance's target. If that is a map, each.value.NAME is a value in it.",
		`url = "https://${each.value}/health"`,
	},
	{
		"system.PART.METRIC",
		"A metric of this machine, in a threshold; also database.NAME.PART.METRIC and databases.PART.METRIC. vega docs config figures lists them.",
		"metric = system.memory.percent",
	},
	{
		"PLUGIN.PROBE",
		"A plugin's probe, for the probe attribute of an integration.",
		"probe = core.http",
	},
}

// values describes how values are written.
const values = `Text is written in double quotes. ${…} in it is evaluated, and $${ is a plain ${. A duration is text with a unit: "500ms", "10s", "5m", "1h30m". A size is text with a unit: "64KiB", "10MB", "1GiB". A bare number is neither, because it has no unit. A relative path starts from the directory of the file that contains it. There are lists, [ a, b ], and maps, { name = value }, but no operators, conditionals, loops or null. Nothing is converted: "8080" is not a number. Only the result of env() or file(), and a line of for_each_file, may stand where a number, true or false is expected: the whole text must be one.`

// language documents how values are written.
func language() []Topic {
	refs := Topic{Name: "references", Title: "References", Doc: "A value can refer to another by name, without quotes. Order does not matter, but circular references are not allowed. The forms are:"}
	for _, r := range referenceTable {
		refs.Parts = append(refs.Parts, Topic{Title: r.form, Doc: r.doc, Example: r.example, Row: true})
	}
	calls := Topic{Name: "functions", Title: "Functions", Doc: "A value can be, or contain, a call of one of these functions:"}
	for _, f := range syntax.Functions {
		calls.Parts = append(calls.Parts, Topic{Name: f.Name, Title: f.Name + `("` + f.Argument + `")`, Doc: f.Doc, Example: f.Example, Row: true})
	}
	return []Topic{{Name: "values", Title: "Values", Doc: values}, refs, calls, figuresTopic()}
}
