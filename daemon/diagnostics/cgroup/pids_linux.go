package cgroup

import (
	"errors"
	"io/fs"

	"vega/daemon/diagnostics/kernelfile"
)

// PIDs returns the counts of the cgroup that is closest to its pids limit. The error
// is ErrNoLimit if there is no limit.
func (r *Reader) PIDs() (PIDs, error) {
	t, err := r.tree("pids")
	if err != nil {
		return PIDs{}, err
	}
	var found *PIDs
	for _, level := range t.levels() {
		p, err := t.pids(level)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the top, or a cgroup without the controller
		}
		if err != nil {
			return PIDs{}, err
		}
		if p.Limit < Unlimited && (found == nil || p.share() > found.share()) {
			found = &p
		}
	}
	if found == nil {
		return PIDs{}, ErrNoLimit
	}
	return *found, nil
}

// share returns the share of the limit in use, at most 1. A limit of 0 counts as
// fully used.
func (p PIDs) share() float64 {
	if p.Limit == 0 {
		return 1
	}
	return min(1, float64(p.Current)/float64(p.Limit))
}

func (t tree) pids(level string) (PIDs, error) {
	text, err := kernelfile.Read(t.file(level, "pids.max"))
	if err != nil {
		return PIDs{}, err
	}
	limit, err := parseLimit(t.file(level, "pids.max"), text)
	if err != nil {
		return PIDs{}, err
	}
	current, err := kernelfile.Number(t.file(level, "pids.current"))
	return PIDs{Current: current, Limit: limit}, err
}
