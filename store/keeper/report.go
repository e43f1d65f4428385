package keeper

import (
	"log/slog"
	"sync"
	"time"

	"vega/store"
)

const (
	// remindInterval is how often the log says that nothing can be stored.
	remindInterval = time.Minute
	// burst is how many outages are logged at once, and burstInterval the time after
	// which one more is: a nearly full disk can begin and end an outage every second.
	burst         = 5
	burstInterval = 12 * time.Second
)

// report logs outages: when one begins, each minute while it lasts, and when it is over.
type report struct {
	log *slog.Logger

	mu    sync.Mutex
	said  bool      // that an outage began, and not yet that it is over
	last  time.Time // of the last line on it
	lines float64   // that may be logged now
	at    time.Time // when lines was computed
}

func newReport(log *slog.Logger) *report { return &report{log: log, lines: burst, at: time.Now()} }

// changed logs that an outage began or ended.
func (r *report) changed(o store.Outage, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case o.Err != nil:
		r.begin(o, now)
	case r.said:
		r.said = false
		r.log.Info("the store can be written again", "after", now.Sub(o.Since).Round(time.Millisecond).String(), "runs_lost", o.Lost)
	}
}

// remind logs that an outage lasts, at most once a minute.
func (r *report) remind(o store.Outage, waiting int, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case o.Err == nil:
	case !r.said:
		r.begin(o, now)
	case now.Sub(r.last) >= remindInterval:
		r.last = now
		r.log.Error("still can't write to the store; checks go on", "since", o.Since.UTC().Format(time.RFC3339), "runs_waiting", waiting, "runs_lost", o.Lost, "err", o.Err)
	}
}

func (r *report) begin(o store.Outage, now time.Time) {
	r.lines = min(burst, r.lines+float64(now.Sub(r.at))/float64(burstInterval))
	r.at = now
	if r.lines < 1 {
		return // remind will log it
	}
	r.lines--
	r.said, r.last = true, now
	r.log.Error("can't write to the store; checks go on, and their runs wait in memory", "err", o.Err)
}
