package system

import (
	"context"
	"errors"
)

// OpenFiles returns an error.
func (r *Reader) OpenFiles() (int, error) { return 0, errNotLinux }

// Loads returns an error, because gopsutil estimates loads on Windows by polling for
// as long as the process runs.
func (r *Reader) Loads(context.Context) ([3]float64, error) {
	return [3]float64{}, errors.New("Windows has no load average")
}
