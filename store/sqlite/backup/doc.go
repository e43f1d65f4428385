// Package backup writes and reads backups of vega's store. A backup is one SQLite
// database: a copy of the store as it was at one moment, and three tables more that say
// which vega took it and when, how many rows each table has, and that hold small files
// of the data directory. It has a SHA-256 digest of itself, by which any later change is
// found.
//
// Write takes a backup, Check verifies one, and Extract turns it into a store again.
// Read only says what a file is.
package backup
