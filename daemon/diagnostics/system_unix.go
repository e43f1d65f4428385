//go:build unix && !linux

package diagnostics

import (
	"context"
	"os"

	"github.com/shirou/gopsutil/v3/load"
)

// openFiles counts /dev/fd, without the directory's own.
func (s *system) openFiles() (int, error) {
	f, err := os.Open("/dev/fd")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return len(names) - 1, err
}

func (s *system) loads(ctx context.Context) ([3]float64, error) {
	l, err := load.AvgWithContext(ctx)
	if err != nil {
		return [3]float64{}, err
	}
	return [3]float64{l.Load1, l.Load5, l.Load15}, nil
}
