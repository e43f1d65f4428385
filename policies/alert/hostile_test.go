package alert_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// exercise calls everything once.
func exercise(m *alert.Machine, now time.Time) {
	for range 3 {
		for _, name := range []string{"root", "a", "b", "c", "", "nobody"} {
			m.Run(&check.Run{Integration: name, Status: bad, Began: now})
			now = now.Add(20 * time.Second)
		}
		m.Sample(now, "system.memory.percent", []policies.Reading{{Resource: "system.memory.percent", Value: math.Inf(1)}, {}, {Resource: "x", Value: math.NaN()}})
		m.Event(now, incident.Subject{Name: "notifier_failing", Instance: "chat"}, true, "\x00\xff")
		due, _ := m.Next(now)
		for i := range due {
			m.Done(now, &due[i], incident.Outcome{Result: []incident.Result{incident.Arrived, incident.Refused, incident.Final, incident.Unclear, "?"}[i%5], RetryAfter: math.MaxInt64})
			m.Done(now, &due[i], incident.Outcome{})
		}
	}
	m.Wanted()
	for _, i := range m.Opened() {
		m.Enrich(i.ID, func(e *incident.Evidence) { e.Strain = []string{"x"} })
	}
	m.Configure(programConfig(4), now)
	m.Next(now)
	m.Configure(programConfig(0), now.Add(-time.Hour))
	m.Retry(now, "chat")
	m.Next(now)
	m.Untake(m.Take())
	m.Reset()
	m.Take()
	m.Watches()
	m.Open()
	m.Silences(now)
	m.Deliveries("chat")
	m.Deliveries("nobody")
	m.Next(now.Add(1000 * time.Hour))
}

var times = []time.Time{{}, time.Unix(0, 0), start, start.Add(-time.Hour), time.Unix(1<<40, 0), time.Unix(-1<<40, 0), time.Unix(math.MaxInt64/2, 0)}

// Any state and any configuration that can be decoded is survived.
func TestAnyStateIsSurvived(t *testing.T) {
	random := newRandom(3)
	at := func() time.Time { return times[random.IntN(len(times))] }
	small := func() int { return random.IntN(6) - 1 }
	big := func() int { return []int{0, 1, -1, math.MaxInt, math.MinInt, 1 << 40, 7}[random.IntN(7)] }
	subject := func() incident.Subject {
		kinds := []incident.Kind{incident.OfIntegration, incident.OfMetric, incident.OfEvent, "?"}
		names := []string{"root", "a", "b", "", "nobody", "system.memory.percent", "notifier_failing", "notification_storm"}
		return incident.Subject{Kind: kinds[random.IntN(4)], Name: names[random.IntN(len(names))], Instance: []string{"", "chat", "x"}[random.IntN(3)]}
	}
	alerts := []string{"health-checks", "team", "slow", "memory", "failing", "", "nobody"}
	phases := []incident.Phase{incident.Inactive, incident.Pending, incident.Firing, incident.Recovering, "?"}
	kinds := []incident.NoticeKind{"", incident.Opening, incident.Resolve, incident.Missed, incident.Reminder, "?"}
	for range 3000 {
		var s incident.State
		for range random.IntN(8) {
			w := incident.Watch{Alert: alerts[random.IntN(len(alerts))], Subject: subject(), Phase: phases[random.IntN(5)]}
			w.Since, w.Evaluated, w.Resolved, w.Reopened = at(), at(), at(), big()
			w.Streak, w.Observed, w.Incident, w.Distrust = big(), time.Duration(big()), int64(small()), random.IntN(2) == 0
			s.Watches = append(s.Watches, w)
		}
		for range random.IntN(8) {
			i := incident.Incident{ID: int64(small()), Subject: subject(), Opened: at(), Ended: at(), Ready: at(), Root: int64(small())}
			i.Unhealthy, i.Severity, i.Acknowledged = random.IntN(2) == 0, "?", &incident.Acknowledgement{Until: at()}
			s.Incidents = append(s.Incidents, i)
		}
		for range random.IntN(8) {
			d := incident.Delivery{Incident: int64(small()), Notifier: []string{"chat", "pager", "", "gone"}[random.IntN(4)], Kind: kinds[random.IntN(len(kinds))]}
			d.Seq, d.Attempts, d.Tried, d.Sent, d.Next, d.Since = big(), big(), at(), at(), at(), at()
			d.Notified, d.InFlight, d.Dead, d.Missed = random.IntN(2) == 0, random.IntN(2) == 0, random.IntN(2) == 0, random.IntN(2) == 0
			d.Done, d.Storm, d.Message = random.IntN(3) == 0, int64(small()), []string{"", "x"}[random.IntN(2)]
			s.Deliveries = append(s.Deliveries, d)
		}
		for range random.IntN(3) {
			s.Silences = append(s.Silences, incident.Silence{ID: int64(small()), Integrations: []string{"[", "label:", "*"}, From: at(), Until: at()})
		}
		s.LastIncident = int64(small())
		m := alert.New(programConfig(byte(random.IntN(8))), s, at())
		exercise(m, at())
	}
}

func TestHostileTextIsBounded(t *testing.T) {
	w := newWorld(t, many(1))
	long := strings.Repeat("x\x1b[31m\u202e<!channel>\n", 100_000)
	details := map[string]string{}
	for i := range 1000 {
		details[strings.Repeat("k", i+2000)] = long
	}
	var metrics []check.Metric
	for range 1000 {
		metrics = append(metrics, check.Metric{Name: long, Unit: long})
	}
	w.m.Run(&check.Run{Integration: "i000", Status: bad, Began: w.now, Message: long, Details: details, Metrics: metrics, CorrelationID: long})
	i := w.m.Open()[0]
	if len(i.Summary) > 210 || strings.ContainsAny(i.Summary, "\x1b\n\u202e") {
		t.Errorf("the summary has %d bytes: %q", len(i.Summary), i.Summary)
	}
	if text, err := json.Marshal(i); err != nil || len(text) > 1<<19 {
		t.Errorf("the incident has %d bytes: %v", len(text), err)
	}
	for _, e := range w.m.Take().Events {
		if len(e.Text) > 2<<10 {
			t.Errorf("an event has %d bytes", len(e.Text))
		}
	}
}

func TestDeduplicationKeysAreShort(t *testing.T) {
	for _, name := range []string{strings.Repeat("a", 1000), strings.Repeat("ü", 500), strings.Repeat("a", 238), strings.Repeat("a", 239)} {
		c := many(1)
		c.Integrations[0].Name = name
		c.Integrations = append(c.Integrations, c.Integrations[0])
		c.Integrations[1].Name += "2"
		w := newWorld(t, c)
		w.run(name, bad)
		w.run(name+"2", bad)
		all := w.m.Open()
		if len(all) != 2 || all[0].Key == all[1].Key || len(all[0].Key) > 255 || strings.ContainsRune(all[0].Key, '\uFFFD') || !strings.HasPrefix(all[0].Key, "vega/id/integration/") {
			t.Errorf("%d bytes: %+v", len(name), all)
		}
	}
}

func TestUntakeKeepsLaterChanges(t *testing.T) {
	w := newWorld(t, many(2))
	w.m.Run(&check.Run{Integration: "i000", Status: bad, Began: w.now})
	first := w.m.Take()
	if len(first.Incidents) != 1 || len(first.Watches) != 1 || len(first.Events) != 1 || w.m.Pending() {
		t.Fatalf("taken: %+v", first)
	}
	w.m.Run(&check.Run{Integration: "i000", Status: good, Began: w.now.Add(time.Minute)})
	w.m.Run(&check.Run{Integration: "i001", Status: bad, Began: w.now.Add(time.Minute)})
	w.m.Untake(first)
	second := w.m.Take()
	if len(second.Incidents) != 2 || second.Incidents[0].Open() || len(second.Events) != 3 || second.Events[0].Kind != "opened" {
		t.Errorf("taken again: %+v", second)
	}
	if len(second.Watches) != 1 || len(second.Forgotten) != 1 {
		t.Errorf("watches %+v, forgotten %+v", second.Watches, second.Forgotten)
	}
	first.Incidents[0].Summary = "changed by the caller"
	w.m.Reset()
	for _, i := range w.m.Take().Incidents {
		if i.Summary == "changed by the caller" {
			t.Error("Take returns live records")
		}
	}
	w.m.Untake(nil)
	if w.m.Pending() {
		t.Error("there is something to store")
	}
}
