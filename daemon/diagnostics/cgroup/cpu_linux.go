package cgroup

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"vega/daemon/diagnostics/kernelfile"
)

// Quota returns the tightest CPU quota among the process's own cgroup and those
// above it, or nil if there is no quota or none can be read.
func (r *Reader) Quota() *Quota {
	all, err := r.find()
	if err != nil {
		return nil
	}
	t, err := all.tree("cpu")
	if err != nil {
		return nil
	}
	var found *Quota
	for _, level := range t.levels() {
		cores, err := t.quotaCores(level)
		if err == nil && cores > 0 && (found == nil || cores < found.Cores) {
			found = &Quota{Path: level, Cores: cores}
		}
	}
	if found != nil {
		t.count(found, all.byController["cpuacct"])
	}
	return found
}

// quotaCores returns the quota of a level in cores, or 0 if it has none.
func (t tree) quotaCores(level string) (float64, error) {
	if t.v2 {
		text, err := kernelfile.Read(t.file(level, "cpu.max"))
		if err != nil {
			return 0, err
		}
		quota, period, _ := strings.Cut(strings.TrimSpace(text), " ")
		return parseQuota(t.file(level, "cpu.max"), quota, period)
	}
	quota, err := kernelfile.Read(t.file(level, "cpu.cfs_quota_us"))
	if err != nil {
		return 0, err
	}
	period, err := kernelfile.Read(t.file(level, "cpu.cfs_period_us"))
	if err != nil {
		return 0, err
	}
	return parseQuota(t.file(level, "cpu.cfs_quota_us"), strings.TrimSpace(quota), strings.TrimSpace(period))
}

func parseQuota(path, quota, period string) (float64, error) {
	if quota == "max" || quota == "-1" {
		return 0, nil
	}
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if errors.Join(err1, err2) != nil || p <= 0 {
		return 0, kernelfile.Malformed(path, quota+" "+period)
	}
	return q / p, nil
}

// count reads the counters of a quota. Version 1 counts CPU time in a separate tree,
// accounts, in which the process may be in another cgroup.
func (t tree) count(q *Quota, accounts tree) {
	text, err := kernelfile.Read(t.file(q.Path, "cpu.stat"))
	q.StatErr = err
	q.Periods, _ = kernelfile.LookUp(text, "nr_periods")
	q.Throttled, _ = kernelfile.LookUp(text, "nr_throttled")
	if t.v2 {
		usage, _ := kernelfile.LookUp(text, "usage_usec")
		throttled, _ := kernelfile.LookUp(text, "throttled_usec")
		q.Usage, q.UsageErr = time.Duration(usage)*time.Microsecond, err
		q.ThrottledFor = time.Duration(throttled) * time.Microsecond
		return
	}
	throttled, _ := kernelfile.LookUp(text, "throttled_time")
	q.ThrottledFor = time.Duration(throttled)
	if accounts.mount == "" || accounts.path != t.path {
		q.UsageErr = errors.New("CPU time is not counted for the cgroup with the quota, because the cpuacct controller has no cgroup with the same path")
		return
	}
	usage, err := kernelfile.Number(accounts.file(q.Path, "cpuacct.usage"))
	q.Usage, q.UsageErr = time.Duration(usage), err
}
