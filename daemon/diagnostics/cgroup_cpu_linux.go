package diagnostics

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// quota finds the tightest of the process's own cgroup and those above it. It
// is nil if none has one, or none can be read: then nothing is known to limit.
func (s *system) quota() *cpuQuota {
	g, err := s.cgroups()
	if err != nil {
		return nil
	}
	h, err := g.tree("cpu")
	if err != nil {
		return nil
	}
	var found *cpuQuota
	for _, level := range h.levels() {
		cores, err := h.quotaCores(level)
		if err == nil && cores > 0 && (found == nil || cores < found.cores) {
			found = &cpuQuota{path: level, cores: cores}
		}
	}
	if found != nil {
		h.count(found, g.trees["cpuacct"])
	}
	return found
}

// quotaCores is 0 where there is no quota.
func (h hierarchy) quotaCores(level string) (float64, error) {
	if h.v2 {
		text, err := slurp(h.file(level, "cpu.max"))
		if err != nil {
			return 0, err
		}
		quota, period, _ := strings.Cut(strings.TrimSpace(text), " ")
		return share(h.file(level, "cpu.max"), quota, period)
	}
	quota, err := slurp(h.file(level, "cpu.cfs_quota_us"))
	if err != nil {
		return 0, err
	}
	period, err := slurp(h.file(level, "cpu.cfs_period_us"))
	if err != nil {
		return 0, err
	}
	return share(h.file(level, "cpu.cfs_quota_us"), strings.TrimSpace(quota), strings.TrimSpace(period))
}

func share(path, quota, period string) (float64, error) {
	if quota == "max" || quota == "-1" {
		return 0, nil
	}
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if errors.Join(err1, err2) != nil || p <= 0 {
		return 0, malformed(path, quota+" "+period)
	}
	return q / p, nil
}

// count reads what was used of the quota, and how often it ran out. Version 1
// counts use in a tree of its own, where the cgroup may not be.
func (h hierarchy) count(q *cpuQuota, accounts hierarchy) {
	text, err := slurp(h.file(q.path, "cpu.stat"))
	q.statErr = err
	q.periods, _ = lookUp(text, "nr_periods")
	q.throttled, _ = lookUp(text, "nr_throttled")
	if h.v2 {
		usage, _ := lookUp(text, "usage_usec")
		throttled, _ := lookUp(text, "throttled_usec")
		q.usage, q.usageErr = time.Duration(usage)*time.Microsecond, err
		q.throttledFor = time.Duration(throttled) * time.Microsecond
		return
	}
	throttled, _ := lookUp(text, "throttled_time")
	q.throttledFor = time.Duration(throttled)
	if accounts.mount == "" || accounts.path != h.path {
		q.usageErr = errors.New("the process's cgroup with the quota does not count processor time: no cpuacct of the same path")
		return
	}
	usage, err := number(accounts.file(q.path, "cpuacct.usage"))
	q.usage, q.usageErr = time.Duration(usage), err
}

// pids finds the cgroup that is nearest to its limit of processes and threads.
func (s *system) pids() (*ContainerPIDs, error) {
	g, err := s.cgroups()
	if err != nil {
		return nil, err
	}
	h, err := g.tree("pids")
	if err != nil {
		return nil, err
	}
	var found *ContainerPIDs
	for _, level := range h.levels() {
		p, err := h.pidsAt(level)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the top, or a cgroup without the controller
		}
		if err != nil {
			return nil, err
		}
		if p.Limit < unlimited && (found == nil || p.Percent > found.Percent) {
			found = &p
		}
	}
	if found == nil {
		return nil, errNoLimit
	}
	return found, nil
}

func (h hierarchy) pidsAt(level string) (ContainerPIDs, error) {
	text, err := slurp(h.file(level, "pids.max"))
	if err != nil {
		return ContainerPIDs{}, err
	}
	limit, err := parseLimit(h.file(level, "pids.max"), text)
	if err != nil {
		return ContainerPIDs{}, err
	}
	current, err := number(h.file(level, "pids.current"))
	return ContainerPIDs{Current: current, Limit: limit, Percent: percent(float64(current), float64(limit))}, err
}
