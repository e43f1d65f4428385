package daemon

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
	// tallyFresh is for how long those who ask share a reading.
	tallyFresh = time.Second
	// tallyWindow is how far a share of queries looks back.
	tallyWindow = 2 * time.Minute
	// tallyLeast is how many queries a share is said of.
	tallyLeast = 20
	// logPatience is how long one waits for the size of a file.
	logPatience = 100 * time.Millisecond
)

// counted is a database whose queries are counted.
type counted interface {
	Profiler() *profile.Profiler
	LogPath() string // of its write-ahead log; "" if it has none
}

// tally is what a database has counted lately, so that figures are those of
// the last minutes. It grows only when somebody asks.
type tally struct {
	of counted

	mu       sync.Mutex
	readings []tallied // in order of time
	figures  map[string]figure
	log      *logLook // in progress
}

type tallied struct {
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
func (t *tally) read(now time.Time) map[string]figure {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.readings); n > 0 && now.Sub(t.readings[n-1].at) < tallyFresh {
		return t.figures
	}
	latest := tallied{now, t.of.Profiler().Totals()}
	t.figures = latest.since(t.earlier(now))
	if path := t.of.LogPath(); path != "" {
		t.figures["wal_bytes"] = t.logSize(path)
	}
	t.readings = append(t.readings, latest)
	return t.figures
}

// earlier is the oldest reading within the window, else the last before it;
// nil if there is none. Those before it are forgotten.
func (t *tally) earlier(now time.Time) *tallied {
	for len(t.readings) > 1 && now.Sub(t.readings[0].at) > tallyWindow {
		t.readings = t.readings[1:]
	}
	if len(t.readings) == 0 {
		return nil
	}
	return &t.readings[0]
}

// since are the figures from an earlier reading on, or, without one, from when
// counting began.
func (t tallied) since(earlier *tallied) map[string]figure {
	out := map[string]figure{"pool.percent": t.fullest(), "pool.waiting": {reason: "nobody looked before: the next who asks is told"}}
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
func (t tallied) fullest() figure {
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
func (t tallied) waited() float64 {
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
	case of < tallyLeast:
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
func (t *tally) logSize(path string) figure {
	if t.log == nil {
		look := &logLook{done: make(chan struct{})}
		t.log = look
		go func() {
			defer close(look.done)
			look.size, look.err = sizeOf(path)
		}()
	}
	select {
	case <-t.log.done:
	case <-time.After(logPatience):
		return figure{reason: "its file system does not answer"}
	}
	look := t.log
	t.log = nil
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
