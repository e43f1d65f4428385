//go:build unix && !linux

package system

import (
	"context"
	"os"

	"github.com/shirou/gopsutil/v3/load"
)

// OpenFiles counts the entries of /dev/fd, except the directory's own.
func (r *Reader) OpenFiles() (int, error) {
	f, err := os.Open("/dev/fd")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return len(names) - 1, err
}

// Loads returns the load averages of 1, 5 and 15 minutes.
func (r *Reader) Loads(ctx context.Context) ([3]float64, error) {
	l, err := load.AvgWithContext(ctx)
	if err != nil {
		return [3]float64{}, err
	}
	return [3]float64{l.Load1, l.Load5, l.Load15}, nil
}
