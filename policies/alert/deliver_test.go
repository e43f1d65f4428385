package alert_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// many returns a configuration of n integrations that do not depend on each other.
func many(n int) alert.Config {
	var all []alert.Integration
	for i := range n {
		all = append(all, alert.Integration{Name: fmt.Sprintf("i%03d", i)})
	}
	c := config(all...)
	c.Alerts[0].After, c.Alerts[0].ClearAfter, c.Alerts[0].Reopen = 1, 1, 0
	return c
}

// sizes returns how many notices each message has.
func (w *world) sizes() []int {
	var all []int
	for _, m := range w.sent {
		all = append(all, len(m.Notices))
	}
	return all
}

// answers returns results in turn; the last one is for all others.
func (w *world) answers(all ...incident.Result) *[]time.Time {
	var tried []time.Time
	w.answer = func(m *incident.Message) incident.Outcome {
		r := all[min(len(tried), len(all)-1)]
		tried = append(tried, w.now)
		return incident.Outcome{Result: r, Reason: "reason"}
	}
	return &tried
}

func TestAnOpeningWaitsForOthers(t *testing.T) {
	w := newWorld(t, many(3))
	w.run("i000", bad)
	w.pass(9 * time.Second)
	w.run("i001", bad)
	w.want()
	w.pass(time.Second) // the first is due, and the second goes with it
	if got := w.sizes(); !slices.Equal(got, []int{2}) {
		t.Errorf("sizes %v", got)
	}
}

func TestWhatEndsBeforeAnybodyWasNotifiedIsNotSent(t *testing.T) {
	c := many(1)
	c.Integrations[0].Interval = time.Second
	w := newWorld(t, c)
	w.run("i000", bad)
	w.pass(5 * time.Second)
	w.runs("i000", 4*time.Second, good, good)
	w.runs("i000", time.Minute, good)
	w.pass(time.Hour)
	w.want()
}

func TestANotifierHasThreeTokens(t *testing.T) {
	w := newWorld(t, many(60))
	for i := range 60 {
		w.now = w.now.Add(2 * time.Second)
		w.run(fmt.Sprintf("i%03d", i), bad)
		w.until(w.now)
	}
	w.pass(time.Minute)
	var at []time.Duration
	total := 0
	for _, m := range w.sent {
		at = append(at, m.At.Sub(w.sent[0].At))
		total += len(m.Notices)
	}
	if total != 60 || len(at) > 9 {
		t.Errorf("%d notices in %d messages", total, len(at))
	}
	for i, d := range at {
		if i >= 3 && d < time.Duration(i-2)*20*time.Second {
			t.Errorf("message %d after %v", i+1, d)
		}
	}
}

func TestAPagerGetsOneEventForAStorm(t *testing.T) {
	c := many(100)
	for i := range 10 {
		c.Integrations = append(c.Integrations, alert.Integration{Name: fmt.Sprintf("late%d", i), Enabled: true})
	}
	c.Notifiers = []alert.Notifier{{Name: "pager", Pager: true}}
	w := newWorld(t, c)
	for i := range 100 {
		w.run(fmt.Sprintf("i%03d", i), bad)
	}
	w.pass(20 * time.Second)
	if len(w.sent) != 1 || len(w.sent[0].Notices) != 21 || w.sent[0].Storm != 80 {
		t.Fatalf("messages %v, storm %d", w.sizes(), w.sent[0].Storm)
	}
	storm := w.sent[0].Notices[20]
	if storm.Incident.Subject.Name != "notification_storm" || storm.Incident.Severity != incident.Critical || !strings.HasPrefix(storm.Incident.Summary, "80 more") {
		t.Errorf("the storm: %+v", storm)
	}
	for i := range 10 { // the storm goes on
		w.run(fmt.Sprintf("late%d", i), bad)
	}
	w.pass(30 * time.Second)
	if len(w.sent) != 1 {
		t.Errorf("messages %v", w.sizes())
	}
	w.pass(time.Hour)
	for i := range 10 {
		w.run(fmt.Sprintf("late%d", i), good)
	}
	w.pass(time.Minute)
	for i := range 99 {
		w.run(fmt.Sprintf("i%03d", i), good)
	}
	w.pass(time.Hour)
	resolves := 0
	for _, line := range w.log() {
		if strings.HasPrefix(line, "pager:resolve:") {
			resolves++
		}
		if line == "pager:resolve:notification_storm" {
			t.Error("the storm ended before the last incident")
		}
	}
	w.run("i099", good)
	w.pass(time.Minute)
	w.run("i099", bad) // no storm any longer
	w.pass(time.Minute)
	if log := w.log(); log[len(log)-1] != "pager:opening:i099" {
		t.Errorf("then %s", log[len(log)-1])
	}
	w.sent = w.sent[:len(w.sent)-1]
	if log := w.log(); resolves != 20 || log[len(log)-1] != "pager:resolve:notification_storm" {
		t.Errorf("%d resolves, then %s", resolves, log[len(log)-1])
	}
}

func TestRefusedIsTriedAgainLaterAndLater(t *testing.T) {
	w := newWorld(t, many(1))
	tried := w.answers(incident.Refused)
	w.run("i000", bad)
	w.pass(time.Hour)
	for i := 1; i < len(*tried); i++ {
		wait := (*tried)[i].Sub((*tried)[i-1])
		most := min(time.Second<<(i-1), 5*time.Minute)
		if wait > most || wait < most*3/4 {
			t.Errorf("attempt %d after %v, want at most %v", i+1, wait, most)
		}
	}
	if n := len(*tried); n < 15 || n > 22 {
		t.Errorf("%d attempts in an hour", n)
	}
	for _, m := range w.sent {
		if m.Notices[0].Key != "1.chat.1" {
			t.Errorf("the key is %s", m.Notices[0].Key)
		}
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		7 * time.Minute: 7 * time.Minute,
		3 * time.Hour:   time.Hour,
		time.Second / 2: time.Second / 2,
	} {
		w := newWorld(t, many(2))
		var tried []time.Time
		w.answer = func(m *incident.Message) incident.Outcome {
			tried = append(tried, w.now)
			if len(tried) > 1 {
				return incident.Outcome{Result: incident.Arrived}
			}
			return incident.Outcome{Result: incident.Refused, RetryAfter: asked, Reason: "429"}
		}
		w.run("i000", bad)
		w.pass(11 * time.Second)
		w.run("i001", bad)
		w.pass(4 * time.Hour)
		if got := tried[1].Sub(tried[0]); got != want {
			t.Errorf("Retry-After %v: tried again after %v, want %v", asked, got, want)
		}
	}
}

func TestUnclearIsSentAgainInTheSameCompany(t *testing.T) {
	w := newWorld(t, many(3))
	w.answers(incident.Unclear, incident.Refused, incident.Arrived)
	w.run("i000", bad)
	w.run("i001", bad)
	w.pass(10 * time.Second)
	w.run("i002", bad)
	w.pass(time.Hour)
	if len(w.sent) != 4 {
		t.Fatalf("%d messages: %v", len(w.sent), w.log())
	}
	for _, m := range w.sent[:3] {
		if m.Key != w.sent[0].Key || len(m.Notices) != 2 || m.Notices[0].Key != "1.chat.1" {
			t.Errorf("sent %s with %d notices", m.Key, len(m.Notices))
		}
	}
	if last := w.sent[3]; len(last.Notices) != 1 || last.Key != "3.chat.1" {
		t.Errorf("then %+v", last)
	}
}

func TestAResolveGoesToWhoMayHaveSeenTheOpening(t *testing.T) {
	for _, c := range []struct {
		answers []incident.Result
		want    []string
	}{
		{[]incident.Result{incident.Arrived}, []string{"opening", "resolve"}},
		{[]incident.Result{incident.Unclear, incident.Refused}, []string{"opening", "resolve"}},
		{[]incident.Result{incident.Final}, []string{"opening"}},
		{[]incident.Result{incident.Refused}, []string{"opening"}},
	} {
		w := newWorld(t, many(1))
		w.answers(c.answers...)
		w.run("i000", bad)
		w.pass(10 * time.Second)
		w.run("i000", good)
		w.answer = nil
		w.pass(2 * time.Hour)
		var kinds []string
		for _, m := range w.sent {
			if k := string(m.Notices[0].Kind); len(kinds) == 0 || kinds[len(kinds)-1] != k {
				kinds = append(kinds, k)
			}
		}
		if !slices.Equal(kinds, c.want) {
			t.Errorf("%v: %v, want %v", c.answers, kinds, c.want)
		}
	}
}

func TestFinalIsGivenUpUntilRetryOrAnotherDigest(t *testing.T) {
	for _, how := range []string{"nothing", "retry", "digest", "restart with another digest"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t, many(1))
			w.answers(incident.Final, incident.Arrived)
			w.run("i000", bad)
			w.pass(24 * time.Hour)
			w.want("chat:opening:i000")
			if all := w.m.Deliveries("chat"); len(all) != 1 || !all[0].Dead || all[0].Error != "reason" {
				t.Errorf("deliveries: %+v", all)
			}
			c := w.c
			c.Notifiers = []alert.Notifier{{Name: "chat", Digest: "2"}}
			switch how {
			case "retry":
				w.m.Retry(w.now, "chat")
			case "digest":
				w.m.Configure(c, w.now)
			case "restart with another digest":
				w.c = c
				w.restart()
			default:
				w.restart()
				w.pass(time.Hour)
				w.want("chat:opening:i000")
				return
			}
			w.pump()
			w.pass(time.Minute)
			w.want("chat:opening:i000", "chat:opening:i000")
		})
	}
}

func TestANoticeIsGivenUpAfterADay(t *testing.T) {
	w := newWorld(t, many(1))
	tried := w.answers(incident.Refused)
	w.run("i000", bad)
	w.pass(30 * time.Hour)
	if last := (*tried)[len(*tried)-1].Sub((*tried)[0]); last < 24*time.Hour || last > 24*time.Hour+5*time.Minute {
		t.Errorf("the last attempt is after %v", last)
	}
}

func TestTheOthersAreNotifiedOfANotifierThatFails(t *testing.T) {
	c := many(1)
	c.Notifiers = []alert.Notifier{{Name: "broken"}, {Name: "chat"}}
	c.Alerts[0].Notify = []string{"broken"}
	c.Alerts = append(c.Alerts, alert.Alert{Name: "notifiers", Event: "notifier_failing", Severity: incident.Critical})
	for _, result := range []incident.Result{incident.Final, incident.Refused} {
		w := newWorld(t, c)
		works := false
		w.answer = func(m *incident.Message) incident.Outcome {
			if m.Notifier == "broken" && !works {
				return incident.Outcome{Result: result, Reason: "HTTP 401"}
			}
			return incident.Outcome{Result: incident.Arrived}
		}
		w.run("i000", bad)
		w.pass(time.Hour)
		var chat []string
		for _, line := range w.log() {
			if strings.HasPrefix(line, "chat:") {
				chat = append(chat, line)
			} else if line != "broken:opening:i000" {
				t.Errorf("%s", line)
			}
		}
		if !slices.Equal(chat, []string{"chat:opening:notifier_failing"}) {
			t.Errorf("%s: %v", result, chat)
		}
		works = true
		w.m.Retry(w.now, "broken")
		w.pump()
		w.pass(time.Minute)
		if log := w.log(); log[len(log)-1] != "chat:resolve:notifier_failing" {
			t.Errorf("%s: at last %v", result, log[len(log)-1])
		}
	}
}

func TestWhatANotifierMissedIsInItsNextMessage(t *testing.T) {
	w := newWorld(t, many(3))
	away := true
	w.answer = func(*incident.Message) incident.Outcome {
		if away {
			return incident.Outcome{Result: incident.Refused}
		}
		return incident.Outcome{Result: incident.Arrived}
	}
	w.run("i000", bad)
	w.pass(time.Minute)
	w.run("i001", bad)
	w.pass(time.Minute)
	w.run("i000", good)
	w.run("i001", good)
	w.pass(time.Hour)
	away = false
	w.pass(time.Hour)
	w.sent = nil
	w.pass(time.Hour)
	w.want() // not for their sake
	w.run("i002", bad)
	w.pass(time.Minute)
	w.want("chat:opening:i002", "chat:missed:i000", "chat:missed:i001")
	w.run("i002", good)
	w.pass(time.Minute)
	w.want("chat:opening:i002", "chat:missed:i000", "chat:missed:i001", "chat:resolve:i002")
}

// A message that may have arrived is sent again with what it named as missed, so that it has
// the same key.
func TestMessageThatNamesWhatWasMissedKeepsItsKey(t *testing.T) {
	w := newWorld(t, many(2))
	result := incident.Refused
	w.answer = func(*incident.Message) incident.Outcome { return incident.Outcome{Result: result} }
	w.run("i000", bad)
	w.pass(time.Minute)
	w.run("i000", good)
	w.pass(time.Minute)
	result, w.sent = incident.Unclear, nil
	w.run("i001", bad)
	w.pass(5 * time.Minute)
	result = incident.Arrived
	w.pass(10 * time.Minute)
	if len(w.sent) < 3 {
		t.Fatalf("%d messages", len(w.sent))
	}
	for _, m := range w.sent {
		if m.Key != w.sent[0].Key || len(m.Notices) != 2 {
			t.Errorf("%d notices with the key %s, want 2 with %s", len(m.Notices), m.Key, w.sent[0].Key)
		}
	}
}

// A wrong token for an hour: everything that opened and ended meanwhile is named once it is
// right again.
func TestWhatWasMissedOutlastsAWrongToken(t *testing.T) {
	w := newWorld(t, many(5))
	wrong := true
	w.answer = func(*incident.Message) incident.Outcome {
		if wrong {
			return incident.Outcome{Result: incident.Final, Reason: "HTTP 401"}
		}
		return incident.Outcome{Result: incident.Arrived}
	}
	for _, name := range []string{"i000", "i001", "i002"} {
		w.run(name, bad)
		w.pass(10 * time.Minute)
		w.run(name, good)
		w.pass(10 * time.Minute)
	}
	wrong, w.sent = false, nil
	w.run("i003", bad)
	w.pass(time.Minute)
	w.run("i003", good)
	w.pass(time.Minute)
	w.want("chat:opening:i003", "chat:resolve:i003", "chat:missed:i000", "chat:missed:i001", "chat:missed:i002")
}

// A service that refuses messages for what was missed is sent the rest.
func TestWhatWasMissedDoesNotSpoilOtherMessages(t *testing.T) {
	w := newWorld(t, many(9))
	wrong := true
	w.answer = func(m *incident.Message) incident.Outcome {
		for _, n := range m.Notices {
			if wrong || n.Kind == incident.Missed {
				return incident.Outcome{Result: incident.Final, Reason: "HTTP 413"}
			}
		}
		return incident.Outcome{Result: incident.Arrived}
	}
	w.run("i000", bad)
	w.pass(time.Minute)
	w.run("i000", good)
	wrong = false
	for i := 1; i < 9; i++ {
		w.run(fmt.Sprintf("i%03d", i), bad)
		w.pass(time.Minute)
	}
	var tries int
	arrived := map[string]bool{}
	for _, m := range w.sent {
		alone := true
		for _, n := range m.Notices {
			alone = alone && n.Kind != incident.Missed
		}
		if !alone {
			tries++
		} else if n := m.Notices[0]; n.Kind == incident.Opening {
			arrived[n.Incident.Subject.Name] = true
		}
	}
	if tries != 2 || !arrived["i007"] || !arrived["i008"] {
		t.Errorf("%d messages name what was missed, want 2; without it: %v", tries, arrived)
	}
}

func TestRemindersEscalationAndAcknowledgement(t *testing.T) {
	c := many(1)
	c.Notifiers = []alert.Notifier{{Name: "chat"}, {Name: "boss"}}
	c.Alerts[0].Notify, c.Alerts[0].RepeatInterval = []string{"chat"}, time.Hour
	c.Alerts[0].Escalate = []alert.Escalation{{After: 15 * time.Minute, Notify: []string{"boss"}}}
	w := newWorld(t, c)
	w.run("i000", bad)
	w.pass(15*time.Minute - time.Second)
	w.want("chat:opening:i000")
	w.pass(time.Second)
	w.want("chat:opening:i000", "boss:escalation:i000")
	w.pass(time.Hour)
	w.want("chat:opening:i000", "boss:escalation:i000", "chat:reminder:i000")
	if err := w.m.Acknowledge(w.now, 1, incident.Acknowledgement{By: "ann", Until: w.now.Add(5 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	w.pass(5*time.Hour - time.Second)
	w.want("chat:opening:i000", "boss:escalation:i000", "chat:reminder:i000")
	w.pass(time.Second) // its time ended
	w.want("chat:opening:i000", "boss:escalation:i000", "chat:reminder:i000", "chat:reminder:i000")
	w.run("i000", good)
	w.pass(time.Minute)
	if log := w.log(); !slices.Equal(log[4:], []string{"boss:resolve:i000", "chat:resolve:i000"}) {
		t.Errorf("then %v", log[4:])
	}
}

func TestAnAcknowledgementHoldsTheEscalation(t *testing.T) {
	c := many(1)
	c.Notifiers = []alert.Notifier{{Name: "chat"}, {Name: "boss"}}
	c.Alerts[0].Notify = []string{"chat"}
	c.Alerts[0].Escalate = []alert.Escalation{{After: 15 * time.Minute, Notify: []string{"boss"}}}
	w := newWorld(t, c)
	w.run("i000", bad)
	w.pass(time.Minute)
	if err := w.m.Acknowledge(w.now, 1, incident.Acknowledgement{By: "ann"}); err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	w.want("chat:opening:i000")
	if err := w.m.Unacknowledge(w.now, 1, "ann"); err != nil {
		t.Fatal(err)
	}
	w.pump()
	w.pass(time.Second)
	w.want("chat:opening:i000", "boss:escalation:i000")
}

func TestARiseInSeverityIsSentAndEndsTheAcknowledgement(t *testing.T) {
	c := many(1)
	slow := c.Alerts[0]
	slow.Name, slow.Status, slow.Severity = "slow", []check.Status{check.Degraded}, incident.Warning
	c.Alerts = append(c.Alerts, slow)
	w := newWorld(t, c)
	w.run("i000", check.Degraded)
	w.pass(time.Minute)
	if err := w.m.Acknowledge(w.now, 1, incident.Acknowledgement{By: "ann"}); err != nil {
		t.Fatal(err)
	}
	w.run("i000", bad)
	w.pass(time.Minute)
	w.want("chat:opening:i000", "chat:escalation:i000")
	n := w.sent[1].Notices[0]
	if n.Incident.Severity != incident.Critical || n.Note == "" || n.Incident.Acknowledged != nil || !slices.Equal(n.Incident.Alerts, []string{"slow", "health-checks"}) {
		t.Errorf("the notice: %+v", n)
	}
	w.runs("i000", time.Minute, good)
	w.want("chat:opening:i000", "chat:escalation:i000", "chat:resolve:i000") // one incident, one end
}

func TestMessagesHaveLinksAndKeys(t *testing.T) {
	c := many(2)
	c.Pages = "https://vega.example.com/incidents"
	c.Alerts[0].Runbook = "https://wiki.example.com/alert"
	c.Integrations[0].Runbook = "https://wiki.example.com/i000"
	w := newWorld(t, c)
	w.run("i000", good)
	w.runs("i000", time.Minute, bad)
	w.run("i001", bad)
	w.pass(time.Minute)
	m := w.sent[0]
	first, second := m.Notices[0], m.Notices[1]
	if first.Link != "https://vega.example.com/incidents/1" || first.Incident.Key != "vega/id/integration/i000" || first.Alert != "health-checks" {
		t.Errorf("the notice: %+v", first)
	}
	if first.Incident.Runbook != "https://wiki.example.com/i000" || second.Incident.Runbook != "https://wiki.example.com/alert" {
		t.Errorf("runbooks %s, %s", first.Incident.Runbook, second.Incident.Runbook)
	}
	if e := first.Incident.Evidence; e.Now.Message != "connection refused" || e.Now.Cause != check.Target || e.LastGood.Status != good {
		t.Errorf("evidence: %+v", e)
	}
	if !strings.HasPrefix(m.Key, "1.chat.1-") {
		t.Errorf("the key is %s", m.Key)
	}
	if text := first.Incident.Summary; text != "i000 is unhealthy: connection refused" {
		t.Errorf("the summary is %q", text)
	}
}
