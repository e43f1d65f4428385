package diagnostics

import (
	"context"
	"errors"
)

func (s *system) openFiles() (int, error) { return 0, errNotHere }

// loads are none: gopsutil makes them up by polling for as long as the process
// lives.
func (s *system) loads(context.Context) ([3]float64, error) {
	return [3]float64{}, errors.New("Windows has no load average")
}
