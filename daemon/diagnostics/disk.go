package diagnostics

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"vega/daemon/diagnostics/system"
)

// Disk describes the file system that holds Path. As in df, Free is the space that
// ordinary users may still use, and Percent is Used as a percentage of Used plus
// Free. Neither includes space reserved for root.
type Disk struct {
	Path          string     `json:"path"`
	FileSystem    *string    `json:"file_system"`
	Total         *uint64    `json:"total"`
	Used          *uint64    `json:"used"`
	Free          *uint64    `json:"free"`
	Percent       *float64   `json:"percent"`
	InodesPercent *float64   `json:"inodes_percent"` // also nil if the file system does not count inodes
	StuckSince    *time.Time `json:"stuck_since,omitempty"`
}

// usageFunc reads the usage of the file system that holds the path. It may hang.
type usageFunc func(path string) (system.DiskUsage, error)

// disk is a path whose file system is reported.
type disk struct {
	path  string
	usage *guard[system.DiskUsage]
}

// newDisks creates a guard for each path, even if paths share a mount. Finding that
// out may hang.
func newDisks(paths []string, ask usageFunc) []*disk {
	var disks []*disk
	for _, path := range paths {
		if path = filepath.Clean(path); slices.ContainsFunc(disks, func(d *disk) bool { return d.path == path }) {
			continue
		}
		disks = append(disks, &disk{path, newGuard(func() (system.DiskUsage, error) { return ask(path) })})
	}
	return disks
}

// rootOf returns the root directory. On Windows it is that of path's volume.
func rootOf(path string) string { return filepath.VolumeName(path) + string(filepath.Separator) }

var errNoInodes = errors.New("the file system does not count inodes")

// read returns the usage of the disk. The figures of a file system that does not
// respond in time are unavailable.
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
	t.FileSystem, t.Total, t.Used, t.Free, t.Percent = &u.FileSystem, &u.Total, &u.Used, &u.Free, &u.Percent
	if u.InodesTotal == 0 {
		err = errNoInodes
	}
	t.InodesPercent = orNil(g, name+".inodes_percent", u.InodesPercent, err)
	return t, u.Device
}

// allDisks reads all disks and reports each file system once. It does not merge a
// stuck file system with any other.
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
