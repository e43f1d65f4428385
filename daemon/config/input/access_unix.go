//go:build unix

package config

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

// modesTell says that a file's mode tells who can read it.
const modesTell = true

// overflow is the owner and the group of what belongs to nobody whom this user
// namespace, a container's most likely, knows: see user_namespaces(7).
const overflow = 65534

// unmapped reports whether an ID stands for all that this user namespace does not
// know. Outside of one, which knows all, it is an account like others.
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

// writersOf are those that the mode and the owner of a file let write it. A user
// or group that this system has no account for has nobody who could: in a
// container, that is who owns a directory of the host's.
func writersOf(info fs.FileInfo) (w writers) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return w
	}
	mode := info.Mode().Perm()
	w.all = mode&0o002 != 0
	if mode&0o020 != 0 && s.Gid != 0 && int(s.Gid) != os.Getegid() {
		w.group = groupName(s.Gid)
	}
	if s.Uid != 0 && int(s.Uid) != os.Geteuid() {
		w.owner = userName(s.Uid)
	}
	return w
}

// userName is the name of a user, or his number where the name can't be had; ""
// where there is no such user.
func userName(id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	u, err := user.LookupId(number)
	switch none := user.UnknownUserIdError(0); {
	case unmapped(id, "uid_map") || errors.As(err, &none):
		return ""
	case err != nil:
		return number
	default:
		return u.Username
	}
}

// groupName is userName for groups.
func groupName(id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	g, err := user.LookupGroupId(number)
	switch none := user.UnknownGroupIdError(""); {
	case unmapped(id, "gid_map") || errors.As(err, &none):
		return ""
	case err != nil:
		return number
	default:
		return g.Name
	}
}

// readOnly reports whether a path lies on a file system that nobody can write,
// as a ConfigMap of Kubernetes does.
func readOnly(path string) bool {
	const write = 2
	return errors.Is(syscall.Access(path, write), syscall.EROFS)
}
