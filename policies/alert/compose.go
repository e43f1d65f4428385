package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"vega/policies/incident"
)

// maxMissed limits the notices in one message about incidents that were missed.
const maxMissed = 100

// restAbove is the number of deliveries above which searches are spaced.
const restAbove = 100

// chosen is a notice that is to be sent.
type chosen struct {
	*delivery
	want
}

// Next returns the messages that are due, at most one for each notifier that has none in
// flight, and when to call it again if nothing else happens; zero is never. It marks the
// notices in flight; store the changes before sending the messages.
func (m *Machine) Next(now time.Time) (due []incident.Message, again time.Time) {
	if now.Before(m.latest) { // the clock was set back
		m.lapse, m.sweep = now, now
		m.wakeAll()
	}
	m.latest = now
	m.lapses(now)
	m.sweeps(now)
	for _, n := range slices.Clone(m.recipients) {
		if n.sending > 0 {
			if lost := n.begun.Add(maxSending); limited(lost, now, maxSending).After(now) {
				again = earliest(again, lost)
				continue
			}
			n.lose(now)
		}
		if !n.next.IsZero() && !n.next.After(now) {
			if message := m.composeSafely(n, now); message != nil {
				due = append(due, *message)
			}
		}
		if n.sending == 0 {
			again = earliest(again, n.next)
		}
	}
	return due, earliest(again, earliest(m.lapse, m.sweep))
}

// Touched reports whether something may be due at a time, so that Next should be called
// before the time that it returned.
func (m *Machine) Touched(now time.Time) bool {
	for _, n := range m.recipients {
		if n.sending == 0 && !n.next.IsZero() && !n.next.After(now) {
			return true
		}
	}
	return false
}

// faultPause is how long a notifier has nothing to send after a panic.
const faultPause = time.Minute

// composeSafely is compose, but a bug that panics keeps only this notifier from being
// notified, and not the others.
func (m *outbox) composeSafely(n *recipient, now time.Time) (message *incident.Message) {
	defer func() {
		if p := recover(); p != nil {
			m.faults = append(m.faults, fmt.Sprintf("notifier %s: %v\n%s", n.Name, p, debug.Stack()))
			n.next, message = now.Add(faultPause), nil
		}
	}()
	return m.compose(n, now)
}

// Faults returns the panics since the last call, each with its stack.
func (m *Machine) Faults() []string {
	all := m.faults
	m.faults = nil
	return all
}

// compose returns the message that is due for a notifier, or nil.
func (m *outbox) compose(n *recipient, now time.Time) *incident.Message {
	if free := n.free(now); free.After(now) && n.leaving.IsZero() {
		n.next = free
		return nil
	}
	if pause := limited(n.pause, now, time.Minute); pause.After(now) && n.leaving.IsZero() {
		n.next = pause
		return nil
	}
	all := m.choose(n, now)
	if len(all) == 0 {
		n.rest(now)
		return nil
	}
	all, storm := m.limit(n, same(all), now)
	if len(all) == 0 { // a storm that the pager knows of stands for all of them
		return nil
	}
	if locked(&all[0]) {
		all = append(all, missedIn(n, all[0].Message)...)
	} else {
		all = append(all, missed(n)...)
	}
	message := &incident.Message{Notifier: n.Name, At: now, Storm: storm}
	for i := range all {
		m.begin(&all[i], now)
		message.Notices = append(message.Notices, m.notice(&all[i], now))
	}
	message.Key = messageKey(message.Notices)
	for i := range all {
		all[i].Message = message.Key
		m.keep(all[i].delivery)
	}
	n.sending, n.begun = len(all), now
	if n.fails == 0 {
		n.spend(now)
	}
	return message
}

// lose gives up waiting for the outcome of an attempt. It is unknown.
func (n *recipient) lose(now time.Time) {
	n.sending = 0
	for _, d := range n.active {
		if d.sending {
			d.sending = false
			d.Unsure = d.Unsure || !d.Notified && d.Kind != incident.Missed
		}
	}
	n.touch(now)
}

// choose returns what is due for a notifier, with the openings that wait for company if
// one of these is an opening, and notes when something else will be.
func (m *outbox) choose(n *recipient, now time.Time) []chosen {
	var due, company []chosen
	n.next = time.Time{}
	n.prune()
	opens := false
	for _, d := range n.active {
		w := m.want(d, now)
		first := w.kind == incident.Opening || w.kind == incident.BelowRoot
		switch {
		case w.kind != "" && !w.at.After(now):
			due = append(due, chosen{d, w})
			opens = opens || first
		case first && d.Attempts == 0:
			company = append(company, chosen{d, w})
			n.touch(w.at)
		case !w.at.IsZero():
			n.touch(w.at)
		}
	}
	if !opens {
		return due
	}
	for _, c := range company {
		if held, _ := m.held(c.record, c.record.Ready, now); held == nil {
			due = append(due, c)
		}
	}
	slices.SortStableFunc(due, func(a, b chosen) int { return int(a.Incident - b.Incident) })
	return due
}

// rest spaces the searches for something to send of a notifier with many deliveries.
func (n *recipient) rest(now time.Time) {
	if many := len(n.active) - restAbove; many > 0 {
		n.pause = now.Add(time.Duration(many) * time.Millisecond / 2)
	}
}

// prune drops deliveries that are done.
func (n *recipient) prune() {
	n.active = slices.DeleteFunc(n.active, func(d *delivery) bool {
		d.active = !d.Done
		return d.Done
	})
}

// locked reports whether the notice may have arrived before: it is sent again only in
// the same company, because the message has the same key.
func locked(c *chosen) bool {
	return c.kind == c.Kind && c.Attempts > 0 && (c.InFlight || c.Unsure) && c.Message != ""
}

// same returns the notices of the first message that may have arrived before, or all of
// them.
func same(all []chosen) []chosen {
	i := slices.IndexFunc(all, func(c chosen) bool { return locked(&c) })
	if i < 0 {
		return all
	}
	key := all[i].Message
	return slices.DeleteFunc(all, func(c chosen) bool { return !locked(&c) || c.Message != key })
}

// missedIn returns what a message that may have arrived before named as missed.
func missedIn(n *recipient, message string) []chosen {
	var all []chosen
	for _, d := range n.active {
		if d.Missed && !d.Done && d.Kind == incident.Missed && d.Message == message {
			all = append(all, chosen{d, want{kind: incident.Missed}})
		}
	}
	return all
}

// missed returns what a notifier missed while it could not be reached.
func missed(n *recipient) []chosen {
	var all []chosen
	if n.refused {
		return nil // first, something has to arrive
	}
	for _, d := range n.active {
		if d.Missed && !d.Done && len(all) < maxMissed {
			all = append(all, chosen{d, want{kind: incident.Missed}})
		}
	}
	return all
}

// begin marks an attempt as in flight.
func (m *outbox) begin(c *chosen, now time.Time) {
	d := c.delivery
	if d.to.Pager && c.kind != incident.Resolve && !d.maybe() {
		m.supersede(d)
	}
	if c.kind != d.Kind || d.Attempts == 0 {
		if d.unsureOfEnd() {
			d.Notified, d.Unsure = false, true
		} else if d.InFlight && !d.Notified && d.Kind != incident.Missed {
			d.Unsure = true
		}
		d.setDead(false)
		d.Seq++
		d.Kind, d.Attempts, d.Since, d.Error, d.Settings = c.kind, 0, time.Time{}, "", ""
	}
	d.Attempts++
	d.Tried, d.InFlight, d.sending = now, true, true
}

// supersede completes earlier incidents of the same subject whose resolve was given up, or
// is not due yet. For a pager they are the same, because it goes by the deduplication key.
func (m *outbox) supersede(d *delivery) {
	for _, older := range d.to.active {
		if !older.Done && !older.sending && older.Incident < d.Incident && older.record.Subject == d.record.Subject && !older.record.Open() {
			d.Unsure = d.Unsure || older.maybe()
			older.setDead(false)
			m.complete(older)
		}
	}
}

// unsureOfEnd reports whether a resolve may have arrived.
func (d *delivery) unsureOfEnd() bool {
	return d.Kind == incident.Resolve && d.Attempts > 0 && (d.InFlight || d.Unsure)
}

// key returns the idempotency key of the notice that was attempted last.
func (d *delivery) key() string {
	return strconv.FormatInt(d.Incident, 10) + "." + d.Notifier + "." + strconv.Itoa(d.Seq)
}

// messageKey returns the key of a message: that of its notice, or the first one's and a
// hash of all.
func messageKey(all []incident.Notice) string {
	if len(all) == 1 {
		return all[0].Key
	}
	h := sha256.New()
	for i := range all {
		h.Write([]byte(all[i].Key + "\n"))
	}
	return all[0].Key + "-" + hex.EncodeToString(h.Sum(nil)[:8])
}

func (m *outbox) notice(c *chosen, now time.Time) incident.Notice {
	r := c.record
	if c.note == "" && r.Reopened > 0 && c.kind == incident.Opening {
		c.note = incident.BeganAgain + " " + times(r.Reopened)
	}
	v := incident.Notice{Kind: c.kind, Key: c.key(), Incident: copyIncident(&r.Incident), Note: c.note}
	if r.Open() {
		v.For = max(now.Sub(r.Opened), 0)
		v.Below, v.More = r.namesBelow()
	} else {
		v.For = max(r.Ended.Sub(r.Opened), 0)
	}
	if len(r.Alerts) > 0 {
		v.Alert = r.Alerts[0]
	}
	v.Link = m.config.Pages.Link(r.ID)
	if c.kind == incident.Resolve && r.Open() {
		v.Note = "this notifier was removed; the incident is still open"
	}
	return v
}

// times returns how often something happened, in words.
func times(n int) string {
	if n == 1 {
		return "shortly after it ended"
	}
	return strconv.Itoa(n) + " times shortly after it ended"
}

// namesBelow returns the first subjects that the incident explains, and counts the rest.
func (r *record) namesBelow() (names []string, more int) {
	for _, b := range r.below {
		names = append(names, b.Subject.Name)
	}
	slices.Sort(names)
	if more = len(names) - incident.MaxNames; more > 0 {
		return names[:incident.MaxNames:incident.MaxNames], more
	}
	return names, 0
}
