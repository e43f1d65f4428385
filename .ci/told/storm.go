package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"vega/policies/incident"
)

// stormCase is an outage of a root and its children.
type stormCase struct {
	name     string
	declared bool // that the children depend on the root
	// When the root and its children begin to fail, and when they respond again.
	root, below outage
	// messages to a webhook in virtual time. Where children are notified one by one, it
	// gets one more for each 20 s by which the machine is slow to check them all.
	messages int
	spare    int
}

type outage struct{ from, to time.Duration }

// stormCases are those of the tests in virtual time, and more orders.
func stormCases() []stormCase {
	const end = 5 * time.Minute
	return []stormCase{
		{"at once; children back 60 s before the root", true, outage{0, end + time.Minute}, outage{0, end}, 2, 0},
		{"nothing declared", false, outage{0, end}, outage{0, end}, 12, 4},
		{"root 30 s after its children; children back 60 s after it", true, outage{30 * time.Second, end}, outage{0, end + time.Minute}, 2, 0},
		{"root 120 s after its children", true, outage{2 * time.Minute, end}, outage{0, end}, 13, 4},
		{"root 30 s before its children; back at once", true, outage{0, end}, outage{30 * time.Second, end}, 2, 0},
		{"root 120 s before its children; children back 60 s before it", true, outage{0, end + time.Minute}, outage{2 * time.Minute, end}, 2, 0},
	}
}

const (
	// stormInterval must be long: the rules count time, so that a shorter one changes the
	// number of messages.
	stormInterval = 60 * time.Second
	stormChildren = 2800
	// stormOthers are checked every 10 s all the time.
	stormOthers   = 20
	otherInterval = 10 * time.Second
)

const stormConfig = quiet + `
integration "root" {
  probe    = core.http
  interval = %[1]q
  timeout  = "5s"
  config {
    url = "%[2]sroot"
  }
}
integration "child" {
  probe    = core.http
  interval = %[1]q
  timeout  = "5s"
  for_each = [%[3]s]
  %[4]s
  config {
    url = "%[2]schild/${each.value}"
  }
}
integration "other" {
  probe    = core.http
  interval = "10s"
  timeout  = "5s"
  for_each = [%[5]s]
  config {
    url = "%[6]s${each.value}"
  }
}
notifier "pager" {
  type = "pagerduty"
  key  = "0123456789abcdef0123456789abcdef"
  url  = "%[7]s"
}
`

// storm lets a root fail with 2,800 children, in several orders. Each has a daemon of its own.
func storm(ctx context.Context, s *stage) error {
	cases, children := stormCases(), stormChildren
	if s.short {
		cases, children = cases[:1], stormChildren/10
	}
	cases = slices.DeleteFunc(cases, func(c stormCase) bool { return !strings.Contains(c.name, s.only) })
	var running sync.WaitGroup
	var mu sync.Mutex
	var failed error
	places := make(chan struct{}, s.atOnce)
	for n, c := range cases {
		running.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			report, err := runStorm(ctx, s.settings, fmt.Sprintf("storm-%d", n), c, children)
			mu.Lock()
			defer mu.Unlock()
			fmt.Print(report)
			if err != nil {
				failed = fmt.Errorf("%s: %w", c.name, err)
				fmt.Println(failed)
			}
		})
	}
	running.Wait()
	return failed
}

// names returns a list of HCL with names that have numbers.
func names(prefix string, n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%q", fmt.Sprintf("%s%04d", prefix, i+1))
	}
	return strings.Join(all, ", ")
}

// storming is one case that runs.
type storming struct {
	*stage
	stormCase
	root, below, others *target
	pager               *inbox
}

func runStorm(ctx context.Context, settings settings, dir string, c stormCase, children int) (string, error) {
	st, err := newStage(ctx, settings, dir)
	if err != nil {
		return "", err
	}
	defer st.close()
	s := &storming{stage: st, stormCase: c}
	for _, t := range []**target{&s.root, &s.below, &s.others} {
		if *t, err = startTarget(ctx); err != nil {
			return "", err
		}
		st.tidy = append(st.tidy, (*t).close)
	}
	if s.pager, err = startInbox(ctx, fromPager); err != nil {
		return "", err
	}
	st.tidy = append(st.tidy, s.pager.close)
	depends := ""
	if c.declared {
		depends = "depends_on = [integration.root]"
	}
	config := strings.Replace(stormConfig, "%[2]sroot", s.root.url(), 1)
	if err = st.configure(fmt.Sprintf(config, stormInterval, s.below.url(), names("c", children), depends, names("o", stormOthers), s.others.url(), s.pager.url())); err != nil {
		return "", err
	}
	if err = st.start(ctx); err != nil {
		return "", err
	}
	return s.run(ctx)
}

// run lets everything happen and returns a report.
func (s *storming) run(ctx context.Context) (string, error) {
	meter := startMeter(ctx, s.cmd.Process.Pid)
	if err := pause(ctx, stormInterval+30*time.Second); err != nil { // everything is checked once
		return "", err
	}
	began := time.Now()
	before := began.Add(-30 * time.Second)
	for _, o := range []struct {
		*target
		outage
	}{{s.root, s.stormCase.root}, {s.below, s.stormCase.below}} {
		time.AfterFunc(o.from, func() { o.down.Store(true) })
		time.AfterFunc(o.to, func() { o.down.Store(false) })
	}
	over := max(s.stormCase.root.to, s.stormCase.below.to)
	err := pause(ctx, over)
	if err == nil {
		err = s.await(ctx, 6*time.Minute, "all incidents are over", s.over(ctx))
	}
	if err == nil {
		err = pause(ctx, 45*time.Second) // for a message too many
	}
	meter.end()
	end := time.Now()
	hook, pager := totalsOf(letters(s.hook.all())), totalsOf(s.pager.between(began, end))
	late := s.others.longestPause(began, end)
	report := fmt.Sprintf("-- %s\nwebhook: %d messages (in virtual time: %d), %d openings, %d resolves; pager: %d events, %d openings, %d resolves\n",
		s.name, hook.messages, s.messages, hook.openings, hook.resolves, pager.messages, pager.openings, pager.resolves) +
		fmt.Sprintf("healthy, 30 s:     %s\nfailing, 120 s:    %s\nrecovering, 180 s: %s\n", meter.between(before, began),
			meter.between(began, began.Add(2*time.Minute)), meter.between(began.Add(over), began.Add(over+3*time.Minute))) +
		fmt.Sprintf("%d other targets, each due every %v: at most %.1f s between two checks\n", stormOthers, otherInterval, late.Seconds())
	if err == nil && (hook.messages > s.messages+s.spare || hook.openings == 0 || hook.openings != hook.resolves) {
		err = errNotHeld
	}
	return report, errors.Join(err, s.panicked())
}

// over reports whether incidents were opened and all have ended.
func (s *storming) over(ctx context.Context) func() (bool, error) {
	return func() (bool, error) {
		if err := pause(ctx, time.Second); err != nil {
			return false, err
		}
		var open struct{ Incidents []incident.Incident }
		err := s.get(ctx, "/admin/incidents?open=true&limit=200", &open)
		still := slices.ContainsFunc(open.Incidents, func(i incident.Incident) bool { return i.Open() && i.Subject.Kind == incident.OfIntegration })
		return err == nil && !still, err
	}
}

// letters returns the messages about integrations that a receiver got, each once.
func letters(all []told) []letter {
	var out []letter
	place := map[string]int{}
	for _, t := range all {
		if t.notice.Incident.Subject.Kind != incident.OfIntegration {
			continue
		}
		n, known := place[t.message]
		if !known {
			n = len(out)
			place[t.message] = n
			out = append(out, letter{at: t.at})
		}
		out[n].words = append(out[n].words, word{t.notice.Incident.Subject.Name, t.notice.Kind == incident.Resolve, t.notice.Kind == incident.Reminder})
	}
	return out
}
