package diagnostics

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"
)

// parseProcess reads /proc/PID/stat. The name, in brackets, may hold anything,
// brackets and blanks too.
func parseProcess(stat string) (processUse, bool) {
	open, closing := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || closing < open {
		return processUse{}, false
	}
	const utime, stime, started, rss = 11, 12, 19, 21 // after the name
	fields := strings.Fields(stat[closing+1:])
	if len(fields) <= rss {
		return processUse{}, false
	}
	var v [rss + 1]uint64
	for _, n := range []int{utime, stime, started, rss} {
		var err error
		if v[n], err = strconv.ParseUint(fields[n], 10, 64); err != nil {
			return processUse{}, false
		}
	}
	return processUse{
		name: stat[open+1 : closing], started: v[started],
		rss: v[rss] * uint64(os.Getpagesize()),
		cpu: time.Duration(v[utime]+v[stime]) * (time.Second / ticks),
	}, true
}

// processes reads those that this process may see, until ctx is done.
func (s *system) processes(ctx context.Context) (map[int]processUse, error) {
	names, err := directory(s.root + "/proc")
	if err != nil {
		return nil, err
	}
	found := map[int]processUse{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || ctx.Err() != nil {
			continue
		}
		if stat, err := s.read("/proc/" + name + "/stat"); err == nil { // else it ended
			if p, ok := parseProcess(stat); ok {
				found[pid] = p
			}
		}
	}
	return found, nil
}
