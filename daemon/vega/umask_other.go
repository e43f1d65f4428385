//go:build !unix

package main

// ownFiles does nothing, because this system has no umask.
func ownFiles() {}
