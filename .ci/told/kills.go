package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"vega/policies/incident"
)

// messageLimit limits how long a message may take, with group_wait and two restarts.
const messageLimit = 90 * time.Second

// kills lets targets fail and respond again, one after the other, and kills vega once at a
// random moment between each transition and its message.
func kills(ctx context.Context, s *stage) error {
	var targets []*target
	blocks := ""
	for n := range (s.kills + 1) / 2 { // one each: what fails again soon is the same incident
		t, err := startTarget(ctx)
		if err != nil {
			return err
		}
		defer t.close()
		targets = append(targets, t)
		blocks += fmt.Sprintf("integration \"api-%02d\" {\n  probe = core.http\n  interval = \"1s\"\n  timeout = \"1s\"\n  config {\n    url = %q\n  }\n}\n", n, t.url())
	}
	err := s.configure(blocks)
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return err
	}
	lost := map[incident.NoticeKind]int{}
	for n := range s.kills {
		kind, within, t := incident.Opening, 14*time.Second, targets[n/2]
		if t.down.Store(n%2 == 0); n%2 == 1 {
			kind, within = incident.Resolve, 5*time.Second
		}
		subject := fmt.Sprintf("integration/api-%02d", n/2)
		began := time.Now()
		time.Sleep(rand.N(within))
		s.kill()
		if err := s.start(ctx); err != nil {
			return err
		}
		err := s.await(ctx, messageLimit, "", func() (bool, error) { return len(s.hook.about(subject, kind, began)) > 0, nil })
		if err != nil {
			lost[kind]++
		}
	}
	time.Sleep(2 * time.Second) // for a message that is sent twice
	doubled, contradictions := count(s.hook.all())
	var open struct{ Incidents []incident.Incident }
	if err := s.get(ctx, "/admin/incidents?limit=200", &open); err != nil {
		return err
	}
	incidents, still, undone := 0, 0, 0
	for _, i := range open.Incidents {
		if i.Subject.Kind != incident.OfIntegration {
			continue // of this machine, which may be busy
		}
		incidents++
		if i.Open() {
			still++
		}
		var report struct{ Deliveries []incident.Delivery }
		if err := s.get(ctx, fmt.Sprintf("/admin/incidents/%d", i.ID), &report); err != nil {
			return err
		}
		for _, d := range report.Deliveries {
			if !d.Done || d.InFlight {
				undone++
			}
		}
	}
	fmt.Printf("%d kills: %d incidents, %d still open, %d deliveries not done; openings lost %d, resolves lost %d; %d notices sent twice with the same key, %d with another key\n",
		s.kills, incidents, still, undone, lost[incident.Opening], lost[incident.Resolve], doubled, contradictions)
	if len(lost) > 0 || still > 0 || undone > 0 || contradictions > 0 || incidents != len(targets) {
		return errNotHeld
	}
	return nil
}

// count returns how many notices arrived again with the same key, and how many openings or
// resolves of one incident came with another key although it was not opened again.
func count(all []told) (doubled, contradictions int) {
	seen := map[string]bool{}
	type end struct {
		id       int64
		reopened int
		kind     incident.NoticeKind
	}
	keys := map[end]string{}
	for _, t := range all {
		if seen[t.notice.Key] {
			doubled++
			continue
		}
		seen[t.notice.Key] = true
		e := end{t.notice.Incident.ID, t.notice.Incident.Reopened, t.notice.Kind}
		if keys[e] != "" && e.kind != incident.Reminder {
			contradictions++
		}
		keys[e] = t.notice.Key
	}
	return doubled, contradictions
}
