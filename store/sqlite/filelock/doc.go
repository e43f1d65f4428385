// Package filelock lets one process at a time hold a file, such as a database.
// It imports only the standard library.
package filelock

import "fmt"

// HeldError means that another process holds a file.
type HeldError struct{ Holder string } // the ID of the process, or "unknown"

// Error names the process, and says what to do.
func (e *HeldError) Error() string {
	return fmt.Sprintf("another vega (pid %s) holds it; stop that process, or set a different data_dir", e.Holder)
}
