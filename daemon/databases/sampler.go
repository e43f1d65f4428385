package databases

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"vega/policies/check"
	"vega/store/profile"
)

const (
	// sampleTTL is how long a sample is reused.
	sampleTTL = time.Second
	// sampleWindow is the period that percentages of queries cover.
	sampleWindow = 2 * time.Minute
	// minQueries is the minimum number of queries for which a percentage is
	// reported.
	minQueries = 20
	// statTimeout limits the wait for the size of a file.
	statTimeout = 100 * time.Millisecond
)

// counted is a database that counts its queries.
type counted interface {
	Profiler() *profile.Profiler
	LogPath() string // of its write-ahead log; "" if it has none
}

// sampler keeps samples of a database's counters, so that figures can cover the last
// few minutes. It takes a sample only on request.
type sampler struct {
	of counted

	mu      sync.Mutex
	samples []sample // in order of time
	figures map[string]figure
	log     *logStat // the request in progress; nil: none
}

// sample holds the counters of a database at one time.
type sample struct {
	at time.Time
	profile.Totals
}

// figure is a value, or the reason why it is unknown.
type figure struct {
	value  float64
	reason string
}

// read returns the figures of the database, keyed by the paths of
// policies.DatabaseFigures.
func (s *sampler) read(now time.Time) map[string]figure {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.samples); n > 0 && now.Sub(s.samples[n-1].at) < sampleTTL {
		return s.figures
	}
	latest := sample{now, s.of.Profiler().Totals()}
	s.figures = latest.since(s.earlier(now))
	if path := s.of.LogPath(); path != "" {
		s.figures["wal_bytes"] = s.logSize(path)
	}
	s.samples = append(s.samples, latest)
	return s.figures
}

// earlier returns the oldest sample within the window. Without one it returns the
// latest sample before the window, or nil if there isn't one. It drops older samples.
func (s *sampler) earlier(now time.Time) *sample {
	for len(s.samples) > 1 && now.Sub(s.samples[0].at) > sampleWindow {
		s.samples = s.samples[1:]
	}
	if len(s.samples) == 0 {
		return nil
	}
	return &s.samples[0]
}

// since returns the figures for the time since an earlier sample or, if that is nil,
// since counting began.
func (t sample) since(earlier *sample) map[string]figure {
	out := map[string]figure{
		"pool.percent":    t.poolUse(),
		"pool.waiting":    {reason: "needs two samples; try again"},
		"queries.slowest": {value: t.SlowestMS},
	}
	var total, slow, failed int64
	if earlier != nil {
		out["pool.waiting"] = figure{value: max(0, t.waited()-earlier.waited()) / check.Milliseconds(t.at.Sub(earlier.at))}
		if earlier.Since.Equal(t.Since) {
			total, slow, failed = earlier.Total, earlier.Slow, earlier.Failed
		}
	}
	out["queries.slow_percent"] = queryPercent(t.Slow-slow, t.Total-total)
	out["queries.failed_percent"] = queryPercent(t.Failed-failed, t.Total-total)
	return out
}

// poolUse returns the use of the fullest pool. One that a query waits for is full, even
// if other queries may still get a connection. It ignores pools with a single
// connection, which are full whenever they are used.
func (t sample) poolUse() figure {
	f := figure{reason: "the database's connection pools have no limit"}
	for _, p := range t.Pools {
		if p.MaxOpen < 2 {
			continue
		}
		f = figure{value: max(f.value, 100*float64(p.InUse)/float64(p.MaxOpen))}
		if p.Waiting > 0 {
			f.value = 100
		}
	}
	return f
}

// waited returns the total time that queries have waited for a connection, in
// milliseconds.
func (t sample) waited() float64 {
	sum := 0.0
	for _, p := range t.Pools {
		sum += p.WaitMS
	}
	return sum
}

// queryPercent returns part as a percentage of all queries. If there are few
// queries, a percentage would be misleading, so it returns a reason instead.
func queryPercent(part, of int64) figure {
	switch {
	case part <= 0:
		return figure{}
	case of < minQueries:
		return figure{reason: "too few queries recently"}
	default:
		return figure{value: 100 * float64(part) / float64(of)}
	}
}

// logStat is a request for the size of a file on a file system that may hang.
type logStat struct {
	done chan struct{} // closed when size and err are set
	size int64
	err  error
}

// logSize returns the size of a file. It gives up after statTimeout, but leaves at
// most one goroutine waiting for the file system. The caller holds s.mu.
func (s *sampler) logSize(path string) figure {
	if s.log == nil {
		stat := &logStat{done: make(chan struct{})}
		s.log = stat
		go func() {
			defer close(stat.done)
			stat.size, stat.err = sizeOf(path)
		}()
	}
	select {
	case <-s.log.done:
	case <-time.After(statTimeout):
		return figure{reason: "the file system of the log does not respond"}
	}
	stat := s.log
	s.log = nil
	if stat.err != nil {
		return figure{reason: stat.err.Error()}
	}
	return figure{value: float64(stat.size)}
}

// sizeOf returns the size of a file, or 0 if it does not exist.
func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
