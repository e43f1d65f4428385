//go:build !unix

package daemon

import "io/fs"

// Files have no owners here.

func ownerOf(fs.FileInfo) string { return "" }
func ownName() string            { return "" }
