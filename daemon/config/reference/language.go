package reference

import (
	"vega/daemon/config/syntax"
)

// referenceTable is every form of a reference. decoder.reference works them
// out.
var referenceTable = []struct{ form, doc, example string }{
	{
		"BLOCK.ATTRIBUTE",
		"The value of an attribute in a block without a name, as written or by default. It may also stand within a text: \"http://127.0.0.1:${server.port}/\". What is a secret there is one here. An attribute in a block with a name can't be referred to.",
		"base_url = llm.base_url",
	},
	{
		"data_dir",
		"The directory where vega keeps what it writes, as an absolute path.",
		`body = "kept in ${data_dir}"`,
	},
	{
		"database.NAME",
		"A database block, or database.vega for vega's own store, where an attribute takes a database.",
		"database = database.app",
	},
	{
		"integration.NAME",
		"An integration, in depends_on. What is in it can't be referred to.",
		"depends_on = [integration.llm]",
	},
	{
		"system.PART.FIGURE",
		"A figure of this machine, in a threshold; there are also database.NAME.PART.FIGURE and databases.PART.FIGURE. vega docs config figures lists them.",
		"metric = system.memory.percent",
	},
	{
		"PLUGIN.PROBE",
		"A probe of a plugin, in the attribute probe.",
		"probe = core.http",
	},
}

// values say how a value is written.
const values = `Text stands in double quotes; ${…} in it is worked out, and $${ is a plain ${. A duration is text with a unit: "500ms", "10s", "5m", "1h30m". A size is text with a unit: "64KiB", "10MB", "1GiB". A bare number is neither, since it does not say what it counts. A path that is relative starts from the directory of the file that names it. There are lists, [ a, b ], and maps, { name = value }, but no operators, conditionals, loops or null. Nothing is converted: "8080" is no number.`

// language documents how values are written.
func language() []Topic {
	refs := Topic{Name: "references", Title: "References", Doc: "A value may refer to another by its name, without quotes, and in any direction but in a circle:"}
	for _, r := range referenceTable {
		refs.Parts = append(refs.Parts, Topic{Title: r.form, Doc: r.doc, Example: r.example, Row: true})
	}
	calls := Topic{Name: "functions", Title: "Functions", Doc: "A value may be, or hold, a call. There are no others:"}
	for _, f := range syntax.Functions {
		calls.Parts = append(calls.Parts, Topic{Name: f.Name, Title: f.Name + `("` + f.Argument + `")`, Doc: f.Doc, Example: f.Example, Row: true})
	}
	return []Topic{{Name: "values", Title: "Values", Doc: values}, refs, calls, figuresTopic()}
}
