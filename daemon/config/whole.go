package config

import (
	"vega/daemon/config/diag"
)

// whole is what is noted block by block and can be judged only of all.
type whole struct {
	demand []demand
	unset  map[string][]leftOut        // by variable
	told   map[string]bool             // variables that are missed in an error
	plain  map[*diag.Source]diag.Place // the first secret that is written out in a file
	read   map[string]diag.Place       // files that file() read secrets from
	named  map[string]diag.Place       // all files that file() read, where they are named first

	depends   map[string][]dependency // by the integration that depends
	databases map[string]bool         // that a default refers to
	misspelt  bool                    // a reference to a database is one to nothing
}

func newWhole() whole {
	return whole{unset: map[string][]leftOut{}, told: map[string]bool{}, plain: map[*diag.Source]diag.Place{}, read: map[string]diag.Place{}, named: map[string]diag.Place{}, databases: map[string]bool{}, depends: map[string][]dependency{}}
}

// judgeWhole reports what no block shows by itself.
func (d *decoder) judgeWhole(c *Config) {
	d.load()
	d.leftOutOfRoot(c)
	d.plainInRoot()
	d.openFiles(c)
	d.writableFiles(c)
	d.unusedDatabases()
	d.judgeDependencies(c.Integrations)
	d.variables()
}
