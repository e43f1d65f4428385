package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vega/daemon/config"
	"vega/daemon/diagnostics/system"
	"vega/policies"
)

const (
	// leastFree is the space below which vega can't store anything soon.
	leastFree = 16 << 20
	// lowFree is the space below which the disk is likely to be full soon.
	lowFree = 128 << 20
	// fullInodes is the share of inodes in use, in percent, from which on files can't
	// be created.
	fullInodes = 99.9
	// diskTime limits how long a file system may take to answer.
	diskTime = 3 * time.Second
)

// checkDisk looks at the file systems of the data directory, the store and the cache.
func checkDisk(ctx context.Context, h *host) []Finding {
	c := h.usable()
	if c == nil {
		return noConfiguration()
	}
	var found []Finding
	var fine Finding
	seen := map[uint64]bool{}
	for _, dir := range []string{c.DataDir, filepath.Dir(c.Store.Path), filepath.Join(c.DataDir, "cache")} {
		d, err := bounded(ctx, min(diskTime, h.Patience/4), func(context.Context) (disk, error) { return readDisk(dir) })
		if _, hung := errors.AsType[hungError](err); hung {
			found = append(found, failure(fmt.Sprintf("the file system of %s does not answer: %v", dir, err), "find out what it waits for: a server of NFS, or a broken disk (dmesg)"))
			continue
		}
		if err != nil {
			found = append(found, unknown(fmt.Sprintf("the file system of %s can't be read: %v", dir, err), h.asRoot()))
			continue
		}
		if d.usage.Device != 0 && seen[d.usage.Device] {
			continue
		}
		seen[d.usage.Device] = true
		found = append(found, d.judge(c)...)
		if fine.Found == "" {
			fine = ok("%s has %s free of %s (%s)", d.path, bytesText(d.usage.Free), bytesText(d.usage.Total), d.kind())
		}
	}
	return orOK(found, fine)
}

// disk is a file system and how full it is.
type disk struct {
	path  string // that vega uses on it
	usage system.DiskUsage
	mount mount
}

func readDisk(path string) (d disk, err error) {
	d.path = existing(path)
	if d.usage, err = system.UsageOf(d.path); err == nil {
		d.mount, err = mountOf(d.path)
	}
	return d, err
}

// kind names the file system.
func (d disk) kind() string {
	if d.mount.kind != "" {
		return d.mount.kind
	}
	return d.usage.FileSystem
}

// judge compares a file system with what vega needs of it.
func (d disk) judge(c *config.Config) (found []Finding) {
	if d.mount.readOnly {
		return []Finding{failure(fmt.Sprintf("%s is on a file system that is mounted read-only", d.path), "set data_dir to a directory that can be written, or remount it; dmesg says whether errors made it read-only")}
	}
	found = append(found, d.unsuitable()...)
	size, free := fileSize(c.Store.Path), d.usage.Free
	switch {
	case free < leastFree:
		found = append(found, failure(fmt.Sprintf("%s has %s free, so vega can't store results", d.path, bytesText(free)), "free some space; vega stores again as soon as it can"))
	case free < size+leastFree:
		found = append(found, warning(fmt.Sprintf("%s has %s free, less than the database takes (%s), which an upgrade copies first", d.path, bytesText(free), bytesText(size)), "free some space before the next upgrade, or lower store.max_size"))
	case free < lowFree:
		found = append(found, warning(fmt.Sprintf("%s has only %s free", d.path, bytesText(free)), "free some space"))
	}
	if d.usage.InodesTotal > 0 && d.usage.InodesPercent >= fullInodes {
		found = append(found, failure(fmt.Sprintf("the file system of %s has no inodes left, so no file can be created", d.path), "delete files that are not needed; df -i shows which file systems are short of inodes"))
	}
	return found
}

// unsuitable reports a kind of file system that a database should not be on.
func (d disk) unsuitable() []Finding {
	switch d.mount.kind {
	case "NFS", "SMB", "9P", "AFS", "Ceph":
		return []Finding{warning(fmt.Sprintf("%s is on %s: a database with a write-ahead log can be damaged on a network file system, and vega stops while the server does not answer", d.path, d.mount.kind), "set data_dir to a local disk")}
	case "tmpfs":
		return []Finding{warning(d.path+" is in memory (tmpfs), so the history is lost when the machine or container stops", "set data_dir to a disk, or mount a volume there")}
	case "overlay":
		if d.mount.root && inContainer() {
			return []Finding{warning(d.path+" is in the container's own file system, which is deleted with the container", "mount a volume there")}
		}
	}
	return nil
}

func fileSize(path string) uint64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return uint64(info.Size())
}

// bytesText formats a size.
func bytesText(n uint64) string { return policies.Bytes.Format(float64(n)) }
