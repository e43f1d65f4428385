package system

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/shirou/gopsutil/v3/disk"
)

// DiskUsage describes the use of a file system.
type DiskUsage struct {
	FileSystem        string
	Total, Used, Free uint64
	Percent           float64
	InodesTotal       uint64
	InodesPercent     float64
	Device            uint64 // device ID, the same for every path on the file system; 0 if unknown
}

// UsageOf returns the usage of the file system that holds the path, or that will
// hold it once the path exists. The call may hang.
func UsageOf(path string) (DiskUsage, error) {
	existing, err := nearestExisting(path)
	if err != nil {
		return DiskUsage{}, err
	}
	u, err := disk.Usage(existing)
	if err != nil {
		return DiskUsage{}, fmt.Errorf("read the usage of the file system of %s: %w", path, err)
	}
	return DiskUsage{
		FileSystem: u.Fstype, Total: u.Total, Used: u.Used, Free: u.Free, Percent: u.UsedPercent,
		InodesTotal: u.InodesTotal, InodesPercent: u.InodesUsedPercent, Device: deviceOf(existing),
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
