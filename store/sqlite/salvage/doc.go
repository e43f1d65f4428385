// Package salvage copies rows between databases of vega: all rows of an intact
// one (Merge), or what can be read of a damaged one (File).
//
// Both databases keep their own numbers for the names that runs share, and may
// hold the same rows. A copied row gets the numbers of the database that it goes
// to, and a row that is already there is not added again, so copying can be
// repeated.
//
// Follow a row from file.go or merge.go, which read it, through sink.go, which
// writes rows in transactions, to runs.go, texts.go and alerts.go, which know the
// tables.
// Tables that they don't know are copied by their primary key. Package pages
// reads the damaged file; loss.go counts what is missing.
package salvage
