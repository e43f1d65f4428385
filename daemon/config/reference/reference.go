// Package reference documents vega.hcl and plugin.hcl: as text for terminals, as
// Markdown, and as JSON Schema. All of it is made from the tables of package
// schema and from plugins' manifests.
package reference

import (
	"fmt"
	"strings"

	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

// Docs is the reference of a file: every block and attribute of the schema
// table.
type Docs struct {
	table   *schema.Block
	modules []manifest.Found
	whole   Topic
}

// Topic documents one thing: a file, a block, an attribute, a plugin, a probe or
// a function.
type Topic struct {
	Name    string // to look it up by: "server.port", "core.http.url", "env"
	Title   string // as it is written: `server { … }`
	Doc     string // sentences
	Facts   []Fact
	Example string // HCL
	Parts   []Topic
	// Brief means that WriteText lists the topic in one line as part of a
	// larger topic.
	Brief bool
	// Row means that the topic is listed in a table.
	Row bool
}

// Fact is one property of a topic.
type Fact struct {
	Name string
	Text string
	Code bool // Text is HCL
}

// Config documents vega.hcl, and the probes of modules.
func Config(modules []manifest.Found) *Docs {
	d := &Docs{table: schema.Table, modules: modules}
	d.whole = Topic{
		Title: "vega configuration",
		Doc:   "Everything that vega.hcl can contain, and every *.hcl file in the directory policies next to it: vega reads them as one file. vega docs config NAME shows a single entry with an example.",
		Parts: append(parts(documenter{}, schema.Table), language()...),
	}
	for _, f := range modules {
		if f.Module != nil {
			d.whole.Parts = append(d.whole.Parts, pluginTopic(f.Module.Manifest, f.File == ""))
		}
	}
	return d
}

// Manifest documents plugin.hcl.
func Manifest() *Docs {
	return &Docs{table: schema.ManifestTable, whole: Topic{
		Title: "Plugin manifest",
		Doc:   "Everything that plugin.hcl, next to a plugin's source, can contain. vega plugin build packs it into the module. A manifest is the same everywhere, so it cannot call functions or contain references. vega docs plugin NAME shows a single entry. vega docs config PLUGIN.PROBE shows what options and capabilities mean for users of the plugin.",
		Parts: parts(documenter{constant: true}, schema.ManifestTable),
	}}
}

// documenter turns rows and blocks into topics. path are the blocks around them,
// from the outside in.
type documenter struct {
	constant bool // values are literals: no functions, no references
	path     []*schema.Block
}

// in returns the documenter of a block's content.
func (d documenter) in(s *schema.Block) documenter {
	d.path = append(d.path[:len(d.path):len(d.path)], s)
	return d
}

// name returns the name that something in the path is looked up by.
func (d documenter) name(last string) string {
	name := ""
	for _, s := range d.path {
		name += s.Name + "."
	}
	return name + last
}

// parts documents the attributes of a schema, then its blocks.
func parts(d documenter, s *schema.Block) []Topic {
	var out []Topic
	for i := range s.Rows {
		out = append(out, d.attribute(&s.Rows[i]))
	}
	for _, b := range s.Blocks {
		out = append(out, d.block(b))
	}
	return out
}

func (d documenter) block(s *schema.Block) Topic {
	inner := d.in(s)
	t := Topic{
		Name: d.name(s.Name), Title: shape(s) + " { … }", Doc: s.Doc,
		Facts:   []Fact{{Name: factPlace, Text: d.where()}, {Name: "how often", Text: howOften(s)}},
		Example: inner.example(s),
		Parts:   parts(inner, s),
	}
	if t.Name == notifierName {
		t.Parts = append(t.Parts, serviceTopics()...)
	}
	if s.Open {
		t.Doc += " vega docs config PLUGIN.PROBE lists them."
	}
	return t
}

func howOften(s *schema.Block) string {
	switch {
	case s.Repeat && s.Label == "":
		return "any number"
	case s.Repeat:
		return fmt.Sprintf("any number, also with the same %s", s.Label)
	case s.Label != "":
		return fmt.Sprintf("any number, each with its own %s", s.Label)
	default:
		return "at most once"
	}
}

// where describes where something in the path belongs.
func (d documenter) where() string {
	if len(d.path) == 0 {
		return "the file, outside of blocks"
	}
	text, end := "", ""
	for _, s := range d.path {
		text, end = text+shape(s)+" { ", end+" }"
	}
	return text + "…" + end
}

// shape returns the header of a block; NAME stands for the name in quotes.
func shape(s *schema.Block) string {
	if s.Label == "" {
		return s.Name
	}
	return fmt.Sprintf("%s %q", s.Name, strings.ToUpper(s.Label))
}
