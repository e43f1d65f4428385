//go:build unix

package input

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

// ModesTell reports whether a file's mode says who can read it.
const ModesTell = true

// overflow is the owner and group of files whose account is unknown in this user
// namespace, most likely a container's: see user_namespaces(7).
const overflow = 65534

// unmapped reports whether an ID stands for every account unknown in this user
// namespace. Outside of a namespace, where all are known, it is an account like
// any other.
func unmapped(id uint32, mapping string) bool {
	if id != overflow {
		return false
	}
	text, err := os.ReadFile("/proc/self/" + mapping)
	if err != nil { // this system has no user namespaces
		return false
	}
	fields := strings.Fields(string(text))
	return len(fields) < 3 || fields[2] != strconv.FormatUint(math.MaxUint32, 10)
}

func ownedByRoot(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Uid == 0
}

// writersOf returns who can write a file by its mode and owner. It ignores users
// and groups that this system has no account for: in a container, such a user
// owns a directory of the host.
func writersOf(info fs.FileInfo) (w Writers) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return w
	}
	mode := info.Mode().Perm()
	w.All = mode&0o002 != 0
	if mode&0o020 != 0 && s.Gid != 0 && int(s.Gid) != os.Getegid() {
		w.Group = groupName(s.Gid)
	}
	if s.Uid != 0 && int(s.Uid) != os.Geteuid() {
		w.Owner = userName(s.Uid)
	}
	return w
}

// userName returns the name of a user, or the number where the name can't be
// looked up; "" if the user does not exist.
func userName(id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	u, err := user.LookupId(number)
	switch unknown := user.UnknownUserIdError(0); {
	case unmapped(id, "uid_map") || errors.As(err, &unknown):
		return ""
	case err != nil:
		return number
	default:
		return u.Username
	}
}

// groupName returns the name of a group, like userName.
func groupName(id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	g, err := user.LookupGroupId(number)
	switch unknown := user.UnknownGroupIdError(""); {
	case unmapped(id, "gid_map") || errors.As(err, &unknown):
		return ""
	case err != nil:
		return number
	default:
		return g.Name
	}
}

// readOnly reports whether a path lies on a read-only file system, as a
// Kubernetes ConfigMap does.
func readOnly(path string) bool {
	const write = 2
	return errors.Is(syscall.Access(path, write), syscall.EROFS)
}
