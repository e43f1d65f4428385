//go:build !unix

package doctor

import "io/fs"

// account is a user of this system. Files have no owners here.
type account struct {
	known bool
	uid   int
	name  string
}

func (account) root() bool                       { return false }
func ownAccount() account                        { return account{} }
func accountOfFile(fs.FileInfo) (account, bool)  { return account{}, false }
func (account) may(string, uint32) (bool, error) { return true, nil }
func owner(fs.FileInfo) (uid int, name string)   { return -1, "" }

const (
	readable   = 4
	writable   = 2
	searchable = 1
	modesTell  = false
)
