package system

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"vega/daemon/diagnostics/kernelfile"
)

// parseProcess parses /proc/PID/stat. The name, in parentheses, may hold any
// character, including parentheses and spaces.
func parseProcess(stat string) (Process, bool) {
	open, closing := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || closing < open {
		return Process{}, false
	}
	const utime, stime, started, rss = 11, 12, 19, 21 // after the name
	fields := strings.Fields(stat[closing+1:])
	if len(fields) <= rss {
		return Process{}, false
	}
	var v [rss + 1]uint64
	for _, n := range []int{utime, stime, started, rss} {
		var err error
		if v[n], err = strconv.ParseUint(fields[n], 10, 64); err != nil {
			return Process{}, false
		}
	}
	return Process{
		Name: stat[open+1 : closing], Started: v[started],
		RSS: v[rss] * uint64(os.Getpagesize()),
		CPU: time.Duration(v[utime]+v[stime]) * (time.Second / ticks),
	}, true
}

// Processes returns the processes visible to this process, by ID. It stops when ctx
// is done.
func (r *Reader) Processes(ctx context.Context) (map[int]Process, error) {
	names, err := kernelfile.Names(r.root + "/proc")
	if err != nil {
		return nil, err
	}
	found := map[int]Process{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || ctx.Err() != nil {
			continue
		}
		if stat, err := r.read("/proc/" + name + "/stat"); err == nil { // the process has not ended
			if p, ok := parseProcess(stat); ok {
				found[pid] = p
			}
		}
	}
	return found, nil
}
