package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// result is what was seen of a fault.
type result struct {
	name    string
	skipped string // why it was skipped
	rates   [3]float64
	readies [2]string // /readyz during and after
	errors  int
	said    []string // ERROR lines by message
	answers string
	ledger  ledger
	hits    int64
	lost    int64 // runs that vega says it lost
	held    [2]footprint
	well    bool
	took    time.Duration // to be well again
	fresh   bool          // a new row was acknowledged and read
	stopped time.Duration
	exit    int
	wrong   []string // what does not hold
	errs    []string // what the kit could not do
	facts   []string // figures of this fault alone
}

func (r *result) fails(format string, arguments ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, arguments...))
}

func (r *result) broken(format string, arguments ...any) {
	r.errs = append(r.errs, fmt.Sprintf(format, arguments...))
}

// holds reports whether everything holds.
func (r *result) holds() bool { return len(r.wrong)+len(r.errs) == 0 }

// judge compares what was seen with what must hold.
func (t *trial) judge() {
	r := &t.result
	t.judgeChecks(r)
	t.judgeReady(r)
	t.judgeRows(r)
	t.judgeProcess(r)
	if t.stays {
		return
	}
	if !r.well {
		r.fails("not well %v after the end of the fault", t.patience)
	}
	if !r.fresh {
		r.fails("a new row was not acknowledged or can't be read")
	}
	t.judgeHeld(r)
}

// judgeProcess looks at how vega ended and at what it wrote.
func (t *trial) judgeProcess(r *result) {
	if r.exit != 0 && (r.exit != 1 || !t.stays) { // it may say that it could not close the store
		r.fails("exit code %d %v after SIGTERM", r.exit, r.stopped.Round(time.Millisecond))
	}
	if len(t.vega.log.strange) > 0 {
		r.fails("a crash: %s", strings.Join(t.vega.log.strange, " | "))
	}
	t.judgeAnswers(r)
}

// judgeAnswers looks at the answers to writes that were not stored.
func (t *trial) judgeAnswers(r *result) {
	t.writers.mu.Lock()
	defer t.writers.mu.Unlock()
	for _, why := range slices.Sorted(maps.Keys(t.writers.wrong)) {
		if !strings.HasPrefix(why, "no answer") || !t.mute {
			r.fails("a client gets %s (%d×)", why, t.writers.wrong[why])
		}
	}
}

// judgeChecks looks at the checks and their verdicts.
func (t *trial) judgeChecks(r *result) {
	if !t.fewer && r.rates[1] < enough*float64(t.checks) {
		r.fails("%.1f checks/s during the fault, of %d", r.rates[1], t.checks)
	}
	t.vega.log.mu.Lock()
	defer t.vega.log.mu.Unlock()
	for _, why := range slices.Sorted(maps.Keys(t.vega.log.unwell)) {
		if t.timeouts && strings.HasPrefix(why, "timeout: ") {
			continue
		}
		r.fails("unhealthy without evidence, %d runs: %s", t.vega.log.unwell[why], why)
	}
	t.watcher.mu.Lock()
	defer t.watcher.mu.Unlock()
	if t.watcher.negative > 0 {
		r.fails("%d negative ages", t.watcher.negative)
	}
	for cause, n := range t.watcher.causes {
		if cause != "host" && cause != "" {
			r.fails("unknown because of %q (seen %d×)", cause, n)
		}
	}
}

// slow is how long vega may take to notice that nothing can be stored, and to say it.
const slow = 6 * time.Second

// judgeReady looks at what /readyz and the log said.
func (t *trial) judgeReady(r *result) {
	count := func(from, to time.Time) string {
		seen := map[string]int{}
		for _, s := range t.watcher.since(from) {
			if s.at.Before(to) {
				seen[fmt.Sprint(s.ready)]++
			}
		}
		return counts(seen)
	}
	r.readies = [2]string{count(t.began, t.ended), count(t.ended, time.Now())}
	r.errors, r.said = t.vega.log.errorsSince(t.began)
	if !t.storage {
		return
	}
	refused := func(s sample) bool { return !s.stored }
	if t.harmless && r.ledger.aside+r.ledger.destroyed+r.ledger.lost == 0 && !slices.ContainsFunc(t.watcher.since(t.began), refused) {
		return
	}
	// What vega repairs in a moment may fall between two samples.
	if !t.brief && (t.end != nil || t.stays || r.took > 4*period) && !strings.Contains(r.readies[0]+r.readies[1], "503") {
		r.fails("/readyz never said 503")
	}
	if t.lasting() > slow && !t.brief && t.end != nil {
		r.fails503(t.watcher.since(t.began.Add(slow)), t.ended)
	}
	t.judgeSaid(r)
	if most := 4 + int(time.Since(t.began).Minutes()); r.errors > most {
		r.fails("%d ERROR lines: %s", r.errors, strings.Join(r.said, "; "))
	}
}

// judgeSaid looks for the lines of each minute, and for the one that says that it is
// over.
func (t *trial) judgeSaid(r *result) {
	if t.brief {
		return
	}
	if minutes := int((t.ended.Sub(t.began) - slow).Minutes()); r.errors < 1+minutes {
		r.fails("%d ERROR lines in %d minutes", r.errors, minutes)
	}
	if r.well && !t.vega.log.spokeBetween(t.from(), t.from().Add(t.patience)) {
		r.fails("no log line says that it is over")
	}
}

// fails503 looks for samples before the end that say ready while nothing is stored.
func (r *result) fails503(all []sample, end time.Time) {
	ready := 0
	for _, s := range all {
		if s.at.Before(end) && s.ready == http.StatusOK && !s.stored {
			ready++
		}
	}
	if ready > 1 { // a sample has two requests
		r.fails("/readyz said 200 %d times while nothing was stored", ready)
	}
}

// judgeRows looks at the rows and the runs.
func (t *trial) judgeRows(r *result) {
	r.answers = t.writers.summary()
	r.hits, r.lost = t.target.hits.Load(), t.vega.log.lost
	if r.ledger.lost > 0 {
		r.fails("%d acknowledged rows are lost", r.ledger.lost)
	}
	if r.ledger.integrity != "ok" {
		r.fails("integrity: %s", r.ledger.integrity)
	}
	// Before the fault, runs are written at once; those may be destroyed with it.
	if t.destroys || t.killed {
		return
	}
	if uncounted := r.hits - r.ledger.runs - r.lost; uncounted > int64(t.checks) {
		r.fails("%d runs were neither stored nor counted as lost (%d made, %d stored, %d said)", uncounted, r.hits, r.ledger.runs, r.lost)
	}
}

// judgeHeld compares what vega holds before and after.
func (t *trial) judgeHeld(r *result) {
	before, after := r.held[0], r.held[1]
	if after.descriptors > before.descriptors+8 {
		r.fails("%d descriptors after, %d before", after.descriptors, before.descriptors)
	}
	if after.goroutines > before.goroutines+20 {
		r.fails("%d goroutines after, %d before", after.goroutines, before.goroutines)
	}
	if after.thread > before.thread+12 {
		r.fails("%d threads after, %d before", after.thread, before.thread)
	}
	if after.rss > before.rss+64<<20 {
		r.fails("RSS %d MiB after, %d MiB before", after.rss>>20, before.rss>>20)
	}
}

// headings are the columns of the table.
var headings = []string{"fault", "checks/s before/during/after", "readyz during", "after", "ERROR", "clients", "acked/stored/aside/destroyed/lost", "runs made/stored/said lost", "fd thr gor RSS", "well after", "exit"}

// row returns the columns of the result.
func (r *result) row() []string {
	if r.skipped != "" {
		return []string{r.name, "skipped: " + r.skipped}
	}
	took := "never"
	if r.well {
		took = fmt.Sprintf("%.1f s", r.took.Seconds())
	}
	a, b, l := r.held[0], r.held[1], r.ledger
	return []string{
		r.name,
		fmt.Sprintf("%.1f %.1f %.1f", r.rates[0], r.rates[1], r.rates[2]),
		r.readies[0], r.readies[1], fmt.Sprint(r.errors), r.answers,
		fmt.Sprintf("%d/%d/%d/%d/%d", l.acknowledged, l.stored, l.aside, l.destroyed, l.lost),
		fmt.Sprintf("%d/%d/%d", r.hits, l.runs, r.lost),
		fmt.Sprintf("%d→%d %d→%d %d→%d %d→%d", a.descriptors, b.descriptors, a.thread, b.thread, a.goroutines, b.goroutines, a.rss>>20, b.rss>>20),
		took,
		fmt.Sprintf("%d, %.1f s", r.exit, r.stopped.Seconds()),
	}
}
