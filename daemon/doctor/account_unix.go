//go:build unix

package doctor

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// account is a user of this system, with its groups.
type account struct {
	known  bool // false where files have no owners
	uid    int
	groups []int
	name   string
}

// root reports whether the account may read and write any file.
func (a account) root() bool { return a.known && a.uid == 0 }

// ownAccount returns the account of this process.
func ownAccount() account {
	groups, _ := os.Getgroups()
	return account{true, os.Geteuid(), append(groups, os.Getegid()), userName(os.Geteuid())}
}

// accountOfFile returns the account that owns a file, with the groups it would have
// after logging in.
func accountOfFile(info fs.FileInfo) (account, bool) {
	stat, isUnix := info.Sys().(*syscall.Stat_t)
	if !isUnix {
		return account{}, false
	}
	uid := int(stat.Uid)
	if uid == os.Geteuid() {
		return ownAccount(), true
	}
	a := account{known: true, uid: uid, name: userName(uid)}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		ids, _ := u.GroupIds() // without them, the group of the user remains
		for _, id := range append(ids, u.Gid) {
			if n, err := strconv.Atoi(id); err == nil {
				a.groups = append(a.groups, n)
			}
		}
	}
	return a, true
}

// userName returns the name of a user, or its number if it has none.
func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}

// The bits of a mode, for one class of accounts.
const (
	readable   = 4
	writable   = 2
	searchable = 1
)

// may reports whether the account may do something with a file, and may search every
// directory above it. The error is that of looking.
func (a account) may(path string, bits uint32) (bool, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false, err
	}
	if a.uid == os.Geteuid() {
		err := unix.Faccessat(unix.AT_FDCWD, path, bits, unix.AT_EACCESS)
		if errors.Is(err, unix.EROFS) { // the check of disks reports it
			return true, nil
		}
		if errors.Is(err, fs.ErrPermission) {
			return false, nil
		}
		return err == nil, err
	}
	if a.root() {
		return true, nil
	}
	for {
		allowed, err := a.allowed(path, bits)
		if err != nil || !allowed {
			return false, err
		}
		parent := filepath.Dir(path)
		if parent == path {
			return true, nil
		}
		path, bits = parent, searchable
	}
}

// allowed judges one file by its mode. Where a list of access rights says more than
// the mode, it gives the account the benefit of the doubt.
func (a account) allowed(path string, bits uint32) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	stat, isUnix := info.Sys().(*syscall.Stat_t)
	if !isUnix {
		return true, nil
	}
	mode := uint32(info.Mode().Perm())
	switch {
	case int(stat.Uid) == a.uid:
		mode >>= 6
	case slices.Contains(a.groups, int(stat.Gid)):
		mode >>= 3
	}
	return mode&bits == bits || hasAccessList(path), nil
}

// owner returns the user that owns a file.
func owner(info fs.FileInfo) (uid int, name string) {
	stat, isUnix := info.Sys().(*syscall.Stat_t)
	if !isUnix {
		return -1, ""
	}
	return int(stat.Uid), userName(int(stat.Uid))
}

// modesTell reports that the modes of files say who may use them.
const modesTell = true
