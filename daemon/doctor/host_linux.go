package doctor

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// hasAccessList reports whether a file has access rights besides its mode.
func hasAccessList(path string) bool {
	n, err := unix.Getxattr(path, "system.posix_acl_access", nil)
	return err == nil && n > 0
}

// lockHolder returns the ID of the process that holds the lock file, or 0. It takes
// no lock itself, because a vega that starts meanwhile would be refused.
func lockHolder(path string) int {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	stat, isUnix := info.Sys().(*syscall.Stat_t)
	if !isUnix {
		return 0
	}
	f, err := os.Open("/proc/locks")
	if err != nil {
		return 0
	}
	defer f.Close()
	inode := ":" + strconv.FormatUint(stat.Ino, 10)
	for lines := bufio.NewScanner(f); lines.Scan(); { // 1: FLOCK ADVISORY WRITE 4711 fe:00:123 0 EOF
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || fields[1] != "FLOCK" || !strings.HasSuffix(fields[5], inode) {
			continue
		}
		if pid, err := strconv.Atoi(fields[4]); err == nil && pid > 0 {
			return pid
		}
	}
	return 0
}

// accountOfProcess returns the account that a process runs as.
func accountOfProcess(pid int) (account, bool) {
	if pid <= 0 {
		return account{}, false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return account{}, false
	}
	a := account{}
	for line := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(line, ":")
		numbers := integers(rest)
		switch {
		case name == "Uid" && len(numbers) == 4:
			a.uid, a.known = numbers[1], true
		case name == "Gid" && len(numbers) == 4:
			a.groups = append(a.groups, numbers[1])
		case name == "Groups":
			a.groups = append(a.groups, numbers...)
		}
	}
	a.name = userName(a.uid)
	return a, a.known
}

func integers(text string) (all []int) {
	for field := range strings.FieldsSeq(text) {
		if n, err := strconv.Atoi(field); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// openFilesOf returns the limit on open files that a process may raise its own to, or 0.
func openFilesOf(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "Max open files"); found {
			if n := integers(rest); len(n) == 2 {
				return n[1]
			}
		}
	}
	return 0
}

// mayPing reports whether vega's account may open a ping socket, or the process a raw one.
func (h *host) mayPing() bool {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ping_group_range")
	if groups := integers(string(text)); err != nil || len(groups) != 2 {
		return true // an old kernel, or one that hides it: the checks will say
	} else if slices.ContainsFunc(h.account.groups, func(g int) bool { return g >= groups[0] && g <= groups[1] }) {
		return true
	}
	process := "self"
	if h.pid != 0 {
		process = strconv.Itoa(h.pid)
	} else if !h.account.root() {
		return false
	}
	status, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return true
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "CapEff:"); found {
			capabilities, err := strconv.ParseUint(strings.TrimSpace(rest), 16, 64)
			return err != nil || capabilities&(1<<unix.CAP_NET_RAW) != 0
		}
	}
	return true
}

// replacedProgram reports whether the program that a process runs has since been
// replaced or deleted. It is false where that can't be seen.
func replacedProgram(pid int) bool {
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil && strings.HasSuffix(path, " (deleted)")
}

// inContainer reports whether this is a container, whose clock and file system are
// made by its engine.
func inContainer() bool {
	for _, path := range []string{"/.dockerenv", "/run/.containerenv", "/run/systemd/container"} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

// underSystemd reports whether systemd manages this host.
func underSystemd() bool {
	info, err := os.Stat("/run/systemd/system")
	return err == nil && info.IsDir()
}

// mount describes the file system that holds a path.
type mount struct {
	kind     string // such as ext4 or nfs4
	readOnly bool
	root     bool // it is that of /
}

// mountOf returns the file system that holds a path.
func mountOf(path string) (mount, error) {
	var at unix.Statfs_t
	if err := unix.Statfs(path, &at); err != nil {
		return mount{}, err
	}
	m := mount{readOnly: at.Flags&unix.ST_RDONLY != 0, kind: kinds[int64(at.Type)]} //nolint:unconvert // the type differs between platforms
	if device, err := deviceOf(path); err == nil {
		d, err := deviceOf("/")
		m.root = err == nil && d == device
	}
	return m, nil
}

func deviceOf(path string) (uint64, error) {
	var s unix.Stat_t
	err := unix.Stat(filepath.Clean(path), &s)
	return uint64(s.Dev), err //nolint:unconvert // the type differs between platforms
}

// kinds names the file systems that matter here, by their magic numbers (statfs(2)).
var kinds = map[int64]string{
	unix.NFS_SUPER_MAGIC:       "NFS",
	unix.SMB_SUPER_MAGIC:       "SMB",
	unix.SMB2_SUPER_MAGIC:      "SMB",
	unix.CIFS_SUPER_MAGIC:      "SMB",
	unix.V9FS_MAGIC:            "9P",
	unix.CEPH_SUPER_MAGIC:      "Ceph",
	unix.AFS_SUPER_MAGIC:       "AFS",
	unix.FUSE_SUPER_MAGIC:      "FUSE",
	unix.OVERLAYFS_SUPER_MAGIC: "overlay",
	unix.TMPFS_MAGIC:           "tmpfs",
	unix.RAMFS_MAGIC:           "tmpfs",
	unix.SQUASHFS_MAGIC:        "squashfs",
}
