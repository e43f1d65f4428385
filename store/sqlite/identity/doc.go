// Package identity compares the files of a SQLite database that a process has open
// with the files that its path names.
//
// SQLite opens a path once and then keeps to what it opened. If somebody deletes the
// file, moves another one to its place, or shortens its write-ahead log, SQLite
// goes on writing without an error, and what it writes is gone when the process ends.
package identity
