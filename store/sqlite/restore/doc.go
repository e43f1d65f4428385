// Package restore replaces vega's store by a backup. Run does all of it; the file
// restore.go says in which order, so that whatever moment a kill or a power failure
// comes, the store is the former one or that of the backup.
package restore
