//go:build !unix

package file

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: a new file inherits the owner of its directory here.
func keepOwner(*os.File, fs.FileInfo) error { return nil }
