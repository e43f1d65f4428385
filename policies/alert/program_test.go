package alert_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// disk keeps what Take returned, like the store.
type disk struct {
	watches    map[string]incident.Watch
	incidents  map[int64]incident.Incident
	deliveries map[string]incident.Delivery
	silences   map[int64]incident.Silence
}

func newDisk() *disk {
	return &disk{map[string]incident.Watch{}, map[int64]incident.Incident{}, map[string]incident.Delivery{}, map[int64]incident.Silence{}}
}

func (d *disk) apply(c *incident.Changes) {
	for _, w := range c.Watches {
		d.watches[w.Alert+" "+w.Subject.String()] = w
	}
	for _, w := range c.Forgotten {
		delete(d.watches, w.Alert+" "+w.Subject.String())
	}
	for _, i := range c.Incidents {
		d.incidents[i.ID] = i
	}
	for _, v := range c.Deliveries {
		d.deliveries[fmt.Sprint(v.Incident, " ", v.Notifier)] = v
	}
	for _, s := range c.Silences {
		d.silences[s.ID] = s
	}
}

func (d *disk) state() incident.State {
	var s incident.State
	for _, k := range sorted(d.watches) {
		s.Watches = append(s.Watches, d.watches[k])
	}
	for _, k := range sorted(d.incidents) {
		s.Incidents = append(s.Incidents, d.incidents[k])
		s.LastIncident = max(s.LastIncident, k)
	}
	for _, k := range sorted(d.deliveries) {
		s.Deliveries = append(s.Deliveries, d.deliveries[k])
	}
	for _, k := range sorted(d.silences) {
		s.Silences = append(s.Silences, d.silences[k])
		s.LastSilence = max(s.LastSilence, k)
	}
	return s
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	var all []K
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// end is what a far end knows of an incident: whether it has it open, and whether vega
// can't exclude that, or knows it.
type end struct{ open, maybe, sure bool }

// program interprets bytes as what happens to a machine, and checks after each step what
// must hold.
type program struct {
	t      *testing.T
	code   []byte
	now    time.Time
	c      alert.Config
	m      *alert.Machine
	disk   *disk
	flying []incident.Message
	ends   map[string]*end                // notifier and incident
	kinds  map[string]incident.NoticeKind // by key of a notice
	sets   map[string]map[string]bool     // keys of notices, by key of a message that may have arrived
	dedup  map[int64]string               // deduplication keys of incidents
	trace  []string
}

func (p *program) next() byte {
	if len(p.code) == 0 {
		return 0
	}
	b := p.code[0]
	p.code = p.code[1:]
	return b
}

func (p *program) log(format string, args ...any) {
	p.trace = append(p.trace, p.now.Format("01-02 15:04:05 ")+fmt.Sprintf(format, args...))
}

const maxTrace = 3000

func (p *program) fail(format string, args ...any) {
	p.t.Helper()
	for _, line := range p.trace[max(0, len(p.trace)-maxTrace):] {
		p.t.Log(line)
	}
	p.t.Fatalf(format, args...)
}

func number(v float64) *float64 { return &v }

// programConfig returns one of several configurations.
func programConfig(n byte) alert.Config {
	c := config(
		alert.Integration{Name: "root"}, alert.Integration{Name: "other"},
		alert.Integration{Name: "a", DependsOn: []string{"root"}},
		alert.Integration{Name: "b", DependsOn: []string{"a"}},
		alert.Integration{Name: "c", DependsOn: []string{"root", "other"}, Group: "team"},
		alert.Integration{Name: "d"})
	c.Notifiers = []alert.Notifier{{Name: "chat", Digest: "1"}, {Name: "ops", Digest: "1"}, {Name: "pager", Pager: true, Digest: "1"}}
	h := health()
	h.Notify, h.RepeatInterval = []string{"chat", "pager"}, time.Hour
	h.Escalate = []alert.Escalation{{After: 15 * time.Minute, Notify: []string{"ops"}}}
	team := health()
	team.Name, team.Integrations, team.Notify, team.Severity = "team", []alert.Selector{"group:team"}, []string{"ops"}, incident.Warning
	slow := health()
	slow.Name, slow.Status, slow.After, slow.Severity = "slow", []check.Status{check.Degraded}, 2, incident.Warning
	slow.Notify = []string{"chat"}
	memory := alert.Alert{Name: "memory", Metric: "system.memory.percent", Unit: policies.Percent, Above: number(80), Clear: number(75), For: time.Minute, ClearAfter: 2, Severity: incident.Info, Reopen: 10 * time.Minute}
	failing := alert.Alert{Name: "failing", Event: "notifier_failing", Severity: incident.Critical, Reopen: 10 * time.Minute}
	c.Alerts = []alert.Alert{h, team, slow, memory, failing}
	switch n % 8 {
	case 1:
		c.Alerts = c.Alerts[:2]
	case 2:
		c.Alerts[0].After = 5
	case 3:
		c.Integrations[0].Enabled = false // a
	case 4:
		c.Integrations = slices.Delete(c.Integrations, 5, 6) // root
	case 5:
		c.Notifiers = c.Notifiers[:2]
	case 6:
		for i := range c.Notifiers {
			c.Notifiers[i].Digest = "2"
		}
	case 7:
		c.Windows = []alert.Window{{Name: "w", Integrations: []alert.Selector{"root", "d"}, From: 9 * time.Hour, To: 10 * time.Hour}}
	}
	return c
}

func newProgram(t *testing.T, code []byte) *program {
	p := &program{t: t, code: code, now: start, disk: newDisk(), c: programConfig(0), dedup: map[int64]string{}, ends: map[string]*end{}, kinds: map[string]incident.NoticeKind{}, sets: map[string]map[string]bool{}}
	p.m = alert.New(p.c, incident.State{}, p.now)
	return p
}

func (p *program) store() {
	c := p.m.Take()
	for _, e := range c.Events {
		p.log("  event %d %s %s %s", e.Incident, e.Kind, e.Text, e.By)
	}
	p.disk.apply(c)
}

// step executes one instruction.
func (p *program) step() {
	switch op := p.next(); op % 16 {
	case 0, 1, 2, 3:
		p.pass(time.Duration(p.next()) * time.Second)
	case 4, 5, 6, 7:
		p.run()
	case 8:
		v := float64(p.next() % 100)
		p.log("sample %v", v)
		p.m.Sample(p.now, "system.memory.percent", []policies.Reading{{Resource: "system.memory.percent", Value: v}})
	case 9:
		p.crash()
	case 10:
		p.c = programConfig(p.next())
		p.log("reload")
		p.m.Configure(p.c, p.now)
	case 11:
		p.silence()
	case 12:
		p.acknowledge()
	case 13:
		n := p.c.Notifiers[int(p.next())%len(p.c.Notifiers)].Name
		p.log("retry %s", n)
		p.m.Retry(p.now, n)
	case 14:
		c := p.m.Take() // can't be stored
		p.m.Untake(c)
	case 15:
		p.pass(time.Duration(p.next()) * time.Minute)
	}
	p.store()
	p.forget()
}

func (p *program) run() {
	v := p.next()
	names := []string{"root", "other", "a", "b", "c", "d", "nobody"}
	statuses := []check.Status{bad, bad, bad, good, check.Unknown, check.Degraded}
	times := 1 + int(v>>6)
	for range times {
		name, s := names[int(v&7)%len(names)], statuses[int(v>>3&7)%len(statuses)]
		p.log("run %s %s", name, s)
		p.m.Run(&check.Run{Integration: name, Status: s, Began: p.now, Message: "m"})
		p.now = p.now.Add(15 * time.Second)
	}
	p.m.Wanted()
	p.m.Opened()
}

func (p *program) crash() {
	p.log("crash")
	for _, m := range p.flying { // nobody knows whether these arrived
		p.arrive(&m, p.next()%2 == 0, false)
		p.remember(&m)
	}
	p.flying = nil
	p.m = alert.New(p.c, p.disk.state(), p.now)
}

func (p *program) silence() {
	v := p.next()
	if v%4 == 0 {
		for _, s := range p.m.Silences(p.now) {
			if err := p.m.EndSilence(p.now, s.ID, "bob"); err != nil {
				p.fail("EndSilence: %v", err)
			}
		}
		p.log("silences ended")
		return
	}
	s := incident.Silence{By: "ann", Until: p.now.Add(time.Duration(v) * time.Minute), Integrations: []string{"*"}}
	if v%4 == 1 {
		s.Integrations, s.Alerts = nil, []string{"*"}
	}
	_, err := p.m.Silence(p.now, s)
	p.log("silence for %d min: %v", v, err)
}

func (p *program) acknowledge() {
	v := p.next()
	for _, i := range p.m.Open() {
		if v%2 == 0 {
			_ = p.m.Unacknowledge(p.now, i.ID, "bob")
			continue
		}
		a := incident.Acknowledgement{By: "ann"}
		if v%3 == 0 {
			a.Until = p.now.Add(time.Hour)
		}
		if err := p.m.Acknowledge(p.now, i.ID, a); err != nil {
			p.fail("Acknowledge: %v", err)
		}
	}
	p.log("ack %d", v)
}

// pass lets time pass. Messages are sent when they are due, and nothing is due between.
func (p *program) pass(d time.Duration) {
	end := p.now.Add(d)
	for n := 0; ; n++ {
		if n > 10_000 {
			p.fail("Next never stops")
		}
		p.land()
		due, again := p.m.Next(p.now)
		p.store()
		for _, m := range due {
			p.send(m)
		}
		if len(due) > 0 {
			continue
		}
		if again.IsZero() || again.After(end) {
			again = end
		}
		if between := p.now.Add(again.Sub(p.now) / 2); between.After(p.now) && between.Before(again) {
			if early, _ := p.m.Next(between); len(early) > 0 {
				p.now = between
				p.fail("%s is due at %v, before %v", describe(&early[0]), between, again)
			}
			p.store()
		}
		if !again.After(p.now) {
			if !again.Before(end) {
				return
			}
			if len(p.flying) == 0 {
				again = p.now.Add(time.Millisecond)
			}
		}
		p.now = again
		if !p.now.Before(end) && len(p.flying) == 0 {
			p.now = end
			return
		}
	}
}

func describe(m *incident.Message) string {
	text := m.Notifier + " " + m.Key + ":"
	for _, n := range m.Notices {
		text += fmt.Sprintf(" %s %s #%d %s;", n.Kind, n.Key, n.Incident.ID, n.Incident.Subject.Name)
	}
	return text
}

// land ends the attempts that are being made.
func (p *program) land() {
	for _, m := range p.flying {
		v := p.next()
		o := incident.Outcome{Result: incident.Arrived}
		switch v % 8 {
		case 1, 2:
			o = incident.Outcome{Result: incident.Refused, Reason: "refused"}
		case 3:
			o = incident.Outcome{Result: incident.Unclear, Reason: "cut"}
		case 4:
			o = incident.Outcome{Result: incident.Final, Reason: "no"}
		case 5:
			o = incident.Outcome{Result: incident.Refused, Reason: "later", RetryAfter: time.Duration(v) * time.Minute}
		}
		p.log("%s → %s", m.Notifier, o.Result)
		switch o.Result {
		case incident.Arrived:
			p.arrive(&m, true, true)
		case incident.Unclear:
			p.arrive(&m, v&8 == 0, false)
			p.remember(&m)
		}
		p.m.Done(p.now, &m, o)
		p.store()
	}
	p.flying = nil
}

// remember notes which notices were in a message that may have arrived.
func (p *program) remember(m *incident.Message) {
	all := map[string]bool{}
	for _, n := range m.Notices {
		all[n.Key] = true
	}
	p.sets[m.Key] = all
}

// arrive applies a message to what the far end knows. Sure means that vega knows that
// it arrived.
func (p *program) arrive(m *incident.Message, arrived, sure bool) {
	for _, n := range m.Notices {
		e := p.end(m.Notifier, n.Incident.ID)
		switch {
		case n.Kind == incident.Missed:
		case n.Kind == incident.Resolve && sure:
			*e = end{}
			if m.Notifier == "pager" { // it goes by the deduplication key
				for id := range n.Incident.ID {
					if p.dedup[id] == n.Incident.Key {
						p.end(m.Notifier, id).open = false
					}
				}
			}
		case n.Kind == incident.Resolve:
			e.sure = false
			e.open = e.open && !arrived
		default:
			*e = end{e.open || arrived, true, sure || e.sure}
		}
	}
}

// forget drops what the notifiers knew that are gone.
func (p *program) forget() {
	for _, name := range []string{"chat", "ops", "pager"} {
		if slices.ContainsFunc(p.c.Notifiers, func(n alert.Notifier) bool { return n.Name == name }) || slices.Contains(p.m.Leaving(), name) {
			continue
		}
		for k := range p.ends {
			if strings.HasPrefix(k, name+" ") {
				p.ends[k].open, p.ends[k].sure = false, false
			}
		}
	}
}

func (p *program) end(notifier string, id int64) *end {
	k := fmt.Sprint(notifier, " ", id)
	if p.ends[k] == nil {
		p.ends[k] = &end{}
	}
	return p.ends[k]
}

// send checks a message and begins to send it.
func (p *program) send(m incident.Message) {
	p.log("send %s", describe(&m))
	for _, other := range p.flying {
		if other.Notifier == m.Notifier {
			p.fail("two messages at once to %s", m.Notifier)
		}
	}
	if set := p.sets[m.Key]; set != nil {
		for _, n := range m.Notices {
			if !set[n.Key] {
				p.fail("%s was not in the message with the same key", n.Key)
			}
		}
	}
	seen := map[string]bool{}
	for i := range m.Notices {
		n := &m.Notices[i]
		if seen[n.Key] {
			p.fail("%s is in the message twice", n.Key)
		}
		seen[n.Key] = true
		p.check(&m, n)
	}
	p.flying = append(p.flying, m)
}

// check verifies that a notice may be sent.
func (p *program) check(m *incident.Message, n *incident.Notice) {
	if k, ok := p.kinds[n.Key]; ok && k != n.Kind {
		p.fail("%s was %s, is %s", n.Key, k, n.Kind)
	}
	p.kinds[n.Key] = n.Kind
	e, i := p.end(m.Notifier, n.Incident.ID), &n.Incident
	p.dedup[i.ID] = i.Key
	leaving := slices.Contains(p.m.Leaving(), m.Notifier)
	switch n.Kind {
	case incident.Resolve:
		maybe := e.maybe
		for id, key := range p.dedup {
			maybe = maybe || m.Notifier == "pager" && key == i.Key && p.end("pager", id).maybe
		}
		if !maybe {
			p.fail("resolve of what nobody saw: %s", describe(m))
		}
		for id, key := range p.dedup {
			if m.Notifier == "pager" && id > i.ID && key == i.Key && p.end("pager", id).sure {
				p.fail("resolve of %d would close %d: %s", i.ID, id, describe(m))
			}
		}
		if i.Open() && !leaving {
			p.fail("resolve of an open incident: %s", describe(m))
		}
		return
	case incident.Missed:
		if i.Open() || e.sure {
			p.fail("missed, but open or notified: %s", describe(m))
		}
		return
	}
	p.checkOpen(m, n)
}

// checkOpen verifies that a notice of an open incident may be sent.
func (p *program) checkOpen(m *incident.Message, n *incident.Notice) {
	e, i := p.end(m.Notifier, n.Incident.ID), &n.Incident
	switch {
	case !i.Open():
		p.fail("%s of an incident that has ended: %s", n.Kind, describe(m))
	case i.Root != 0:
		p.fail("%s of a suppressed incident: %s", n.Kind, describe(m))
	case len(p.m.Silences(p.now)) > 0 && i.Subject.Kind == incident.OfIntegration:
		p.fail("%s while it is silenced: %s", n.Kind, describe(m))
	case e.sure && (n.Kind == incident.Opening || n.Kind == incident.BelowRoot):
		p.fail("a second opening: %s", describe(m))
	case !e.maybe && n.Kind == incident.Reminder:
		p.fail("a reminder of what nobody saw: %s", describe(m))
	case i.Acknowledged != nil && n.Kind == incident.Reminder:
		p.fail("a reminder of what is acknowledged: %s", describe(m))
	case i.Subject.Name == "notifier_failing" && i.Subject.Instance == m.Notifier:
		p.fail("a notifier is to say that it fails: %s", describe(m))
	}
	for _, w := range p.m.Watches() {
		if w.Incident == i.ID && !w.Distrust && (w.Phase == incident.Firing || w.Phase == incident.Recovering) {
			return
		}
	}
	if i.Subject.Name != "notification_storm" {
		p.fail("%s of what is not confirmed: %s", n.Kind, describe(m))
	}
}

// finish lets everything recover, and checks that everybody was notified of that, and
// that nothing is left.
func (p *program) finish() {
	p.code = nil
	p.c = programConfig(0)
	p.log("finish")
	p.m.Configure(p.c, p.now)
	for _, s := range p.m.Silences(p.now) {
		_ = p.m.EndSilence(p.now, s.ID, "")
	}
	for _, n := range p.c.Notifiers {
		p.m.Retry(p.now, n.Name)
	}
	for range 360 {
		for _, i := range p.c.Integrations {
			p.m.Run(&check.Run{Integration: i.Name, Status: good, Began: p.now})
		}
		p.m.Sample(p.now, "system.memory.percent", []policies.Reading{{Resource: "system.memory.percent", Value: 10}})
		p.pass(time.Minute)
	}
	p.store()
	if open := p.m.Open(); len(open) > 0 {
		p.fail("open at the end: %+v", open)
	}
	if all := p.m.Watches(); len(all) > 0 || len(p.disk.watches) > 0 {
		p.fail("watches at the end: %+v, stored %+v", all, p.disk.watches)
	}
	for k, e := range p.ends {
		if e.open {
			p.fail("%s is open at the far end", k)
		}
	}
	for _, d := range p.disk.deliveries {
		if !d.Done && !d.Missed {
			p.fail("a delivery is not done: %+v", d)
		}
	}
	for _, i := range p.disk.incidents {
		if i.Open() {
			p.fail("stored as open: %+v", i)
		}
	}
}

func runProgram(t *testing.T, code []byte) {
	p := newProgram(t, code)
	for len(p.code) > 0 {
		p.step()
	}
	p.finish()
}

func FuzzProgram(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		code := make([]byte, 40+random.IntN(400))
		for i := range code {
			code[i] = byte(random.Uint32())
		}
		f.Add(code)
	}
	f.Fuzz(runProgram)
}
