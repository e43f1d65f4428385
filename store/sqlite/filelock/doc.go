// Package filelock lets one process at a time hold a file, such as a database.
// It imports only the standard library.
package filelock
