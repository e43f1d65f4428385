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
	// sampleFresh is for how long those who ask share a reading.
	sampleFresh = time.Second
	// sampleWindow is how far a share of queries looks back.
	sampleWindow = 2 * time.Minute
	// minQueries is how many queries a share is said of.
	minQueries = 20
	// logPatience is how long one waits for the size of a file.
	logPatience = 100 * time.Millisecond
)

// counted is a database whose queries are counted.
type counted interface {
	Profiler() *profile.Profiler
	LogPath() string // of its write-ahead log; "" if it has none
}

// sampler is what a database has counted lately, so that figures are those of
// the last minutes. It grows only when somebody asks.
type sampler struct {
	of counted

	mu       sync.Mutex
	readings []sample // in order of time
	figures  map[string]figure
	log      *logLook // in progress
}

type sample struct {
	at time.Time
	profile.Totals
}

// figure is a value, or why there is none.
type figure struct {
	value  float64
	reason string
}

// read are the figures of the database by their paths, as
// policies.DatabaseFigures has them.
func (s *sampler) read(now time.Time) map[string]figure {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.readings); n > 0 && now.Sub(s.readings[n-1].at) < sampleFresh {
		return s.figures
	}
	latest := sample{now, s.of.Profiler().Totals()}
	s.figures = latest.since(s.earlier(now))
	if path := s.of.LogPath(); path != "" {
		s.figures["wal_bytes"] = s.logSize(path)
	}
	s.readings = append(s.readings, latest)
	return s.figures
}

// earlier is the oldest reading within the window, else the last before it;
// nil if there is none. Those before it are forgotten.
func (s *sampler) earlier(now time.Time) *sample {
	for len(s.readings) > 1 && now.Sub(s.readings[0].at) > sampleWindow {
		s.readings = s.readings[1:]
	}
	if len(s.readings) == 0 {
		return nil
	}
	return &s.readings[0]
}

// since are the figures from an earlier reading on, or, without one, from when
// counting began.
func (t sample) since(earlier *sample) map[string]figure {
	out := map[string]figure{"pool.percent": t.fullest(), "pool.waiting": {reason: "needs two samples; try again"}}
	var total, slow, failed int64
	if earlier != nil {
		out["pool.waiting"] = figure{value: max(0, t.waited()-earlier.waited()) / check.Milliseconds(t.at.Sub(earlier.at))}
		if earlier.Since.Equal(t.Since) {
			total, slow, failed = earlier.Total, earlier.Slow, earlier.Failed
		}
	}
	out["queries.slow_percent"] = shareOf(t.Slow-slow, t.Total-total)
	out["queries.failed_percent"] = shareOf(t.Failed-failed, t.Total-total)
	return out
}

// fullest is the use of the pool that is nearest to its end. One of a single
// connection is full whenever it is used, by design.
func (t sample) fullest() figure {
	f := figure{reason: "no pool has a limit"}
	for _, p := range t.Pools {
		if p.MaxOpen < 2 {
			continue
		}
		f = figure{value: max(f.value, 100*float64(p.InUse)/float64(p.MaxOpen))}
	}
	return f
}

// waited is for how long queries have waited for a connection in all,
// milliseconds. A wait is counted at its end.
func (t sample) waited() float64 {
	sum := 0.0
	for _, p := range t.Pools {
		sum += p.WaitMS
	}
	return sum
}

// shareOf is a part in percent. Of a few queries one is much, and says little.
func shareOf(part, of int64) figure {
	switch {
	case part <= 0:
		return figure{}
	case of < minQueries:
		return figure{reason: "there were too few queries of late"}
	default:
		return figure{value: 100 * float64(part) / float64(of)}
	}
}

// logLook asks for the size of a file, on a file system that may hang.
type logLook struct {
	done chan struct{} // closed when size and err are there
	size int64
	err  error
}

// logSize waits only so long, and leaves one goroutine behind where nothing
// answers. The caller holds t.mu.
func (s *sampler) logSize(path string) figure {
	if s.log == nil {
		look := &logLook{done: make(chan struct{})}
		s.log = look
		go func() {
			defer close(look.done)
			look.size, look.err = sizeOf(path)
		}()
	}
	select {
	case <-s.log.done:
	case <-time.After(logPatience):
		return figure{reason: "its file system does not answer"}
	}
	look := s.log
	s.log = nil
	if look.err != nil {
		return figure{reason: look.err.Error()}
	}
	return figure{value: float64(look.size)}
}

// sizeOf is 0 for a file that is not there.
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
