//go:build !linux

package dsn

// patientVFS returns the name of a VFS; "" is SQLite's own.
func patientVFS() string { return "" }
