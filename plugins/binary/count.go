package binary

// counts holds, for each section, the name of its items, the minimum size of an
// item in bytes, and the maximum number of items.
var counts = map[byte]struct {
	what     string
	minSize  int
	maxCount uint32
}{
	Types:     {"types", 3, MaxTypes},
	Imports:   {"imports", 4, MaxImports},
	Functions: {"functions", 1, MaxFunctions},
	Tables:    {"tables", 3, MaxTables},
	Memories:  {"memories", 2, 1},
	Globals:   {"globals", 4, MaxGlobals},
	Exports:   {"exports", 3, MaxExports},
	Elements:  {"element segments", 2, MaxElements},
	Codes:     {"functions", 3, MaxFunctions},
	Data:      {"data segments", 2, MaxSegments},
}

// count reads and records the number of items in a section.
func (d *decoder) count(r *Reader, section byte) uint32 {
	c := counts[section]
	if d.m.frame && section != Memories {
		c.maxCount = 1<<32 - 1
	}
	n := r.count(c.what, c.minSize, c.maxCount)
	switch section {
	case Types:
		d.has.types = n
	case Imports:
		d.has.functions = n
	case Functions:
		d.has.functions += n
	case Tables:
		d.has.tables = n
	case Memories:
		d.has.memories = n
	case Globals:
		d.has.globals = n
	}
	return n
}
