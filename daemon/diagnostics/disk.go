package diagnostics

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	gopsdisk "github.com/shirou/gopsutil/v3/disk"
)

// Disk is the file system that holds Path. As df has it, Free is what users
// may still write, and Percent is Used of Used and Free: what is reserved for
// root counts as neither.
type Disk struct {
	Path          string     `json:"path"`
	FileSystem    *string    `json:"file_system"`
	Total         *uint64    `json:"total"`
	Used          *uint64    `json:"used"`
	Free          *uint64    `json:"free"`
	Percent       *float64   `json:"percent"`
	InodesPercent *float64   `json:"inodes_percent"` // nil too where files are not counted
	StuckSince    *time.Time `json:"stuck_since,omitempty"`
}

// usage is what a file system says of itself.
type usage struct {
	fileSystem        string
	total, used, free uint64
	percent           float64
	inodesTotal       uint64
	inodesPercent     float64
	device            uint64 // the same for all paths on it; 0: not known
}

// usageFunc asks the file system that holds the path. It may hang.
type usageFunc func(path string) (usage, error)

// disk is a path whose file system is looked at.
type disk struct {
	path  string
	usage *guard[usage]
}

// newDisks has a worker for each path, since two paths on one mount can't be
// told from two mounts without asking, and asking may hang.
func newDisks(paths []string, ask usageFunc) []*disk {
	var disks []*disk
	for _, path := range paths {
		if path = filepath.Clean(path); slices.ContainsFunc(disks, func(d *disk) bool { return d.path == path }) {
			continue
		}
		disks = append(disks, &disk{path, newGuard(func() (usage, error) { return ask(path) })})
	}
	return disks
}

// rootOf is the root of the file system, on Windows that of path's volume.
func rootOf(path string) string { return filepath.VolumeName(path) + string(filepath.Separator) }

var errNoInodes = errors.New("the file system does not count files")

// read asks, and takes no for an answer after patience.
func (d *disk) read(ctx context.Context, name string, g gaps) Disk {
	t, _ := d.ask(ctx, name, g)
	return t
}

func (d *disk) ask(ctx context.Context, name string, g gaps) (Disk, uint64) {
	t := Disk{Path: d.path}
	u, err := d.usage.ask(ctx)
	if err != nil {
		g.note(name, err)
		if stuck := (*StuckError)(nil); errors.As(err, &stuck) {
			since := stuck.Since.UTC()
			t.StuckSince = &since
		}
		return t, 0
	}
	t.FileSystem, t.Total, t.Used, t.Free, t.Percent = &u.fileSystem, &u.total, &u.used, &u.free, &u.percent
	if u.inodesTotal == 0 {
		err = errNoInodes
	}
	t.InodesPercent = had(g, name+".inodes_percent", u.inodesPercent, err)
	return t, u.device
}

// allDisks leaves out a path whose file system is there already. One that is
// stuck is never taken for another.
func (c *Collector) allDisks(ctx context.Context, g gaps) []Disk {
	disks, seen := make([]Disk, 0, len(c.disks)), map[uint64]bool{}
	for _, d := range c.disks {
		notes := gaps{}
		name := fmt.Sprintf("disks.%d", len(disks))
		t, device := d.ask(ctx, name, notes)
		if device != 0 && seen[device] {
			continue
		}
		seen[device] = true
		disks = append(disks, t)
		maps.Copy(g, notes)
	}
	return disks
}

// usageOf asks for real. The path, or the end of it, need not exist yet.
func usageOf(path string) (usage, error) {
	existing, err := nearestExisting(path)
	if err != nil {
		return usage{}, err
	}
	u, err := gopsdisk.Usage(existing)
	if err != nil {
		return usage{}, fmt.Errorf("ask the file system of %s: %w", path, err)
	}
	return usage{
		fileSystem: u.Fstype, total: u.Total, used: u.Used, free: u.Free, percent: u.UsedPercent,
		inodesTotal: u.InodesTotal, inodesPercent: u.InodesUsedPercent, device: deviceOf(existing),
	}, nil
}

func nearestExisting(path string) (string, error) {
	for {
		_, err := os.Stat(path)
		up := filepath.Dir(path)
		if !errors.Is(err, fs.ErrNotExist) || up == path {
			return path, err
		}
		path = up
	}
}
