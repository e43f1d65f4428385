//go:build !unix

package input

import "io/fs"

// ModesTell reports whether a file's mode says who can read it.
const ModesTell = false

func ownedByRoot(fs.FileInfo) bool { return false }

func writersOf(fs.FileInfo) Writers { return Writers{} }

func readOnly(string) bool { return false }
