//go:build !unix

package shortage

// Limit returns how many descriptors this process may have open. ok is false if the limit is unknown.
func Limit() (n int, ok bool) { return 0, false }

// Raise raises the limit to the maximum that this process may set.
func Raise() (n int, ok bool) { return 0, false }

// Open returns how many descriptors this process has open. It reports false if
// the system does not say.
func Open() (n int, ok bool) { return 0, false }
