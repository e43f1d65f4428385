package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"vega/plugins/fault"
)

// connectLocal connects to the file that it has checked: a descriptor keeps hold of it,
// and the link of that descriptor in /proc leads to it, whatever is at its path by then.
func connectLocal(ctx context.Context, name string) (net.Conn, error) {
	file, info, err := openSocket(name)
	if err != nil {
		return nil, err
	}
	defer closeDescriptor(file)
	conn, err := connectPath(ctx, "/proc/self/fd/"+strconv.Itoa(file))
	switch {
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return nil, notPermitted(name, info)
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR):
		return nil, fault.New(nil, "vega can't read /proc/self, which it needs to connect to a socket in the file system", "mount /proc where vega runs")
	default:
		return conn, err
	}
}

// closeDescriptor closes a descriptor that only names a file, so no error matters.
func closeDescriptor(fd int) { _ = unix.Close(fd) }

// opening are the flags of a descriptor that names a file and can't read it.
const opening = unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC

// openSocket returns a descriptor of the socket at a path. Each element is opened in the
// directory that was opened before it.
func openSocket(name string) (int, *unix.Stat_t, error) {
	w := newPathWalk(name)
	dir, err := unix.Open("/", opening, 0)
	if err != nil {
		return -1, nil, os.NewSyscallError("open", err)
	}
	defer func() { closeDescriptor(dir) }()
	for {
		element, last := w.next()
		file, info, err := openElement(dir, w.at, element, name)
		if err != nil {
			return -1, nil, err
		}
		if last {
			if err := isSocket(info); err != nil {
				closeDescriptor(file)
				return -1, nil, err
			}
			return file, info, nil
		}
		if info.Mode&unix.S_IFMT != unix.S_IFLNK {
			closeDescriptor(dir)
			dir = file
			w.enter(element)
			continue
		}
		fromRoot, err := followLink(w, file, info, element)
		closeDescriptor(file)
		if err != nil {
			return -1, nil, err
		}
		if fromRoot {
			closeDescriptor(dir)
			if dir, err = unix.Open("/", opening, 0); err != nil {
				return -1, nil, os.NewSyscallError("open", err)
			}
		}
	}
}

// openElement opens one element of the path of a socket.
func openElement(dir int, at, element, name string) (int, *unix.Stat_t, error) {
	file, err := unix.Openat(dir, element, opening, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		return -1, nil, noSocket(name)
	case errors.Is(err, unix.ENOTDIR):
		return -1, nil, notDirectory(at)
	case errors.Is(err, unix.EACCES):
		return -1, nil, notEntered(at)
	case errors.Is(err, unix.ENAMETOOLONG):
		return -1, nil, unsuitable("an element of its path is too long; correct the path")
	case err != nil:
		return -1, nil, os.NewSyscallError("openat", err)
	}
	info := new(unix.Stat_t)
	if err := unix.Fstat(file, info); err != nil {
		closeDescriptor(file)
		return -1, nil, os.NewSyscallError("fstat", err)
	}
	return file, info, nil
}

// followLink follows a link in place of a directory.
func followLink(w *pathWalk, file int, info *unix.Stat_t, element string) (fromRoot bool, err error) {
	if info.Uid != 0 && int(info.Uid) != os.Geteuid() {
		return false, strangeLink(path.Join(w.at, element), userName(info.Uid))
	}
	var target [unix.PathMax]byte
	n, err := unix.Readlinkat(file, "", target[:])
	if err != nil {
		return false, os.NewSyscallError("readlinkat", err)
	}
	return w.follow(string(target[:n]))
}

// isSocket checks the kind of the last element.
func isSocket(info *unix.Stat_t) error {
	switch info.Mode & unix.S_IFMT {
	case unix.S_IFSOCK:
		return nil
	case unix.S_IFLNK:
		return lastLink()
	case unix.S_IFDIR:
		return notSocket("a directory")
	default:
		return notSocket("a file of another kind")
	}
}

// notPermitted returns vega's own trouble with a socket that its user may not write to.
func notPermitted(name string, info *unix.Stat_t) error {
	group := groupName(info.Gid)
	what := fmt.Sprintf("vega's user may not connect to %s (mode %#o, user %s, group %s)", name, info.Mode&0o777, userName(info.Uid), group)
	fix := "let vega's user write to it"
	if info.Mode&0o020 != 0 && info.Gid != 0 {
		fix = "add vega's user to the group " + group + ", and restart vega"
		if info.Gid == unmapped {
			fix = "add vega's user to the group of the socket, and restart vega"
		}
	}
	return fault.New(syscall.EACCES, what, fix)
}

// unmapped is the user and group in whose name the kernel shows those that the user
// namespace of vega does not have.
const unmapped = 65534

// notEntered returns vega's own trouble with a directory that its user may not search.
func notEntered(dir string) error {
	return fault.New(syscall.EACCES, "vega's user may not enter the directory "+dir, "let it, or check ProtectHome and InaccessiblePaths in vega's systemd unit")
}

func userName(id uint32) string {
	text := strconv.FormatUint(uint64(id), 10)
	if u, err := user.LookupId(text); err == nil {
		return u.Username
	}
	return text
}

func groupName(id uint32) string {
	text := strconv.FormatUint(uint64(id), 10)
	if g, err := user.LookupGroupId(text); err == nil {
		return g.Name
	}
	return text
}

// hidden returns vega's own trouble if it has a directory for temporary files of its own,
// where the sockets of others do not appear.
func hidden(name string) *fault.Own {
	dir := ""
	for _, d := range []string{"/tmp", "/var/tmp"} {
		if strings.HasPrefix(name, d+"/") {
			dir = d
		}
	}
	if dir == "" {
		return nil
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 4 && f[4] == dir && strings.Contains(f[3], "/systemd-private-") {
			return fault.New(nil, "vega's systemd unit has a "+dir+" of its own, where "+name+" does not appear", `have the service create its socket below /run, or write PrivateTmp=no in "systemctl edit vega"`)
		}
	}
	return nil
}
