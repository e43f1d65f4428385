package config

import "vega/daemon/config/diag"

// facts are notes on single blocks, which crossChecks evaluates together.
type facts struct {
	demand  []demand
	unset   map[string][]leftOut        // by variable
	plain   map[*diag.Source]diag.Place // the first literal secret in each file
	depends map[string][]dependency     // by the integration that depends
	edges   int                         // dependencies in total
}

func newFacts() *facts {
	return &facts{unset: map[string][]leftOut{}, plain: map[*diag.Source]diag.Place{}, depends: map[string][]dependency{}}
}

// crossChecks runs the checks that span several blocks.
type crossChecks struct{ *stage }

func (d crossChecks) check(c *Config) {
	d.load()
	d.leftOutOfRoot(c)
	d.plainInRoot()
	d.openFiles(c)
	d.writableFiles(c)
	d.unusedDatabases()
	d.judgeDependencies(c.Integrations)
	d.variables()
	d.overridden()
}
