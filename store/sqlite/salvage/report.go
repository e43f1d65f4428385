package salvage

// Report counts what was copied.
type Report struct {
	Tables []Table `json:"tables"` // in the order of the schema
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
}

// table returns the counts of a table. It returns nil if there is no such table.
func (r *Report) table(name string) *Table {
	for i := range r.Tables {
		if r.Tables[i].Name == name {
			return &r.Tables[i]
		}
	}
	return nil
}
