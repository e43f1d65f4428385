package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/policies/check"
)

// MaxRunning limits the checks that the daemon runs concurrently. It is high
// because most checks wait for the network: it bounds memory, not CPU use.
const MaxRunning = 1024

// demand holds the timing of one integration, which determines how many of the
// running checks it accounts for if its target never responds.
type demand struct {
	name              string
	at                diag.Place
	interval, timeout time.Duration
}

// share returns the fraction of time that the integration is running if every
// check times out. Runs of one integration never overlap.
func (m demand) share() float64 { return min(1, float64(m.timeout)/float64(m.interval)) }

func (m demand) String() string {
	return fmt.Sprintf("%s (%s every %s)", diag.Clip(m.name), check.Span(m.timeout), check.Span(m.interval))
}

// demands records the demand of an integration that runs, and warns if its timeout is
// longer than its interval.
func (d crossChecks) demands(s *bind.Section, i Integration) {
	if !i.Enabled || i.Heartbeat != nil || i.Interval < time.Second || s.Unsure("interval") || s.Unsure("timeout") {
		return
	}
	d.facts.demand = append(d.facts.demand, demand{i.Name, s.Head, i.Interval, i.Timeout})
	if i.Timeout <= i.Interval {
		return
	}
	at := s.Head
	for _, name := range []string{"timeout", "interval"} {
		if s.Slot(name) != nil {
			at = s.Place(name)
		}
	}
	d.out.Warn(diag.Overlap, at, fmt.Sprintf("The timeout, %s, is longer than the interval, %s. While a check hangs, the next one is skipped, so the target is checked less often than configured.", check.Span(i.Timeout), check.Span(i.Interval)),
		fmt.Sprintf("set interval to %q or longer, or timeout to %q or shorter", check.Span(i.Timeout), check.Span(i.Interval)))
}

// load compares the total demand with MaxRunning. More runs per second than
// MaxRunning are an error, because vega could not keep up even if every target
// responded within a second. A demand that exceeds MaxRunning only while
// targets hang is a warning.
func (d crossChecks) load() {
	all := d.facts.demand
	atOnce, perSecond := 0.0, 0.0
	for _, m := range all {
		atOnce += m.share()
		perSecond += 1 / m.interval.Seconds()
	}
	switch {
	case perSecond > MaxRunning:
		at, heaviest := heaviest(all, func(m demand) float64 { return 1 / m.interval.Seconds() })
		d.out.Err(diag.Overload, at, fmt.Sprintf("%.0f runs are due every second, but vega runs at most %d checks concurrently, so it cannot keep up even if every target responds within a second. The most frequent are %s.",
			math.Ceil(perSecond), MaxRunning, heaviest), longer(perSecond/MaxRunning))
	case atOnce > MaxRunning:
		at, heaviest := heaviest(all, demand.share)
		d.out.Warn(diag.Overload, at, fmt.Sprintf("If no target responds, %.0f checks must run concurrently, more than vega's limit of %d. The rest would be reported as unknown just when it matters. The heaviest are %s; in total, %s runs are due per second.",
			math.Ceil(atOnce), MaxRunning, heaviest, rate(perSecond)), longer(atOnce/MaxRunning)+", or shorten timeouts by the same factor")
	case atOnce > MaxRunning/2:
		at, heaviest := heaviest(all, demand.share)
		d.out.Warn(diag.Overload, at, fmt.Sprintf("If no target responds, %.0f checks must run concurrently, more than half of vega's limit of %d. The heaviest are %s; in total, %s runs are due per second.",
			math.Ceil(atOnce), MaxRunning, heaviest, rate(perSecond)), longer(2*atOnce/MaxRunning)+", or shorten timeouts by the same factor")
	}
}

// heaviest names the three integrations with the largest weight, and returns the
// place of the first.
func heaviest(all []demand, weight func(demand) float64) (diag.Place, string) {
	all = slices.SortedStableFunc(slices.Values(all), func(a, b demand) int {
		return cmp.Or(-cmp.Compare(weight(a), weight(b)), strings.Compare(a.name, b.name))
	})
	names := make([]string, 0, 3)
	for _, m := range all[:min(3, len(all))] {
		names = append(names, m.String())
	}
	return all[0].at, strings.Join(names, ", ")
}

// longer suggests multiplying intervals by a factor, rounded up to a tenth.
func longer(times float64) string {
	return fmt.Sprintf("make intervals %.1f times as long", math.Floor(times*10+1)/10)
}

func rate(perSecond float64) string {
	if perSecond < 10 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return fmt.Sprintf("%.0f", perSecond)
}
