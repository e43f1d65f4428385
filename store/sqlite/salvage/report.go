package salvage

import "slices"

// Report counts what was copied.
type Report struct {
	Tables []Table `json:"tables"` // in the order of the schema
	// Frames is the number of damaged frames in the source's write-ahead log. Each
	// had new rows of one page.
	Frames int `json:"damaged_frames"`
}

// Table counts the rows of one table.
type Table struct {
	Name  string `json:"name"`
	Read  int64  `json:"read"`  // rows read from the source
	Added int64  `json:"added"` // rows added or replaced
	Known int64  `json:"known"` // rows that were already there
	// Refused rows were read, but hold what vega can't have written, or refer to
	// an integration whose name is lost.
	Refused int64 `json:"refused"`
	// Incomplete rows were added without a part that could not be read: the
	// details of a run, or the name of its probe.
	Incomplete int64 `json:"incomplete"`
	// Doubtful rows were read from pages that may have been free: they may have
	// been deleted before.
	Doubtful int64 `json:"doubtful"`
	// Lost is the number of rows that could not be read. It is an estimate unless
	// Counted is set.
	Lost    int64   `json:"lost"`
	Counted bool    `json:"counted"`          // an index listed all rows
	More    bool    `json:"more"`             // an unknown number of further rows is lost
	Ranges  []Range `json:"ranges,omitempty"` // numbers of the lost rows
}

// Whole reports whether everything was read.
func (r *Report) Whole() bool {
	return r.Frames == 0 && !slices.ContainsFunc(r.Tables, func(t Table) bool {
		return t.Refused+t.Incomplete+t.Doubtful+t.Lost > 0 || t.More
	})
}

// table returns the counts of a table. It returns nil for an unknown table.
func (r *Report) table(name string) *Table {
	for i := range r.Tables {
		if r.Tables[i].Name == name {
			return &r.Tables[i]
		}
	}
	return nil
}
