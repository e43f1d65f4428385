// Package salvage copies rows between databases of vega: all rows of an intact
// database (Merge).
//
// Both databases keep their own numbers for the names that runs share, and may
// hold the same rows. A copied row gets the numbers of the database that it goes
// to, and a row that is already there is not added again, so copying can be
// repeated.
package salvage
