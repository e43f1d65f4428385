package alert

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strconv"
	"time"
)

const (
	burst      = 3                // messages that a notifier may send at once
	refill     = 20 * time.Second // then one in this time
	maxPages   = 20               // incidents a minute that open on a pager
	maxDelay   = 5 * time.Minute  // between attempts
	maxAsked   = time.Hour        // the longest Retry-After that is obeyed
	giveUp     = 24 * time.Hour   // after which a notice is given up
	minTries   = 20               // attempts before that
	maxLeaving = time.Minute      // for the resolves of a notifier that was removed
	maxSending = 5 * time.Minute  // after which the outcome of an attempt counts as unknown
	failingFor = 15 * time.Minute // after which a notifier that does not work is an event
)

// notifierFailing is the event of a notifier that does not work.
const notifierFailing = "notifier_failing"

// long is before every time.
var long = time.Time{}.Add(1)

// recipient is a notifier and what is to be sent to it.
type recipient struct {
	Notifier
	active  []*delivery // not done, in order of incident
	next    time.Time   // when there may be something to send; zero: never
	sending int         // deliveries in the message that is being sent
	begun   time.Time   // when it was composed
	fails   int         // attempts in a row that failed
	since   time.Time   // the first of them
	until   time.Time   // no attempt before this
	pause   time.Time   // before it, nothing is searched
	dead    int         // deliveries that were given up
	refused bool        // the last attempt was refused permanently
	full    time.Time   // when all tokens are back
	minute  time.Time   // when the minute began in which pages are counted
	pages   int
	leaving time.Time // when a notifier that was removed is dropped; zero: it was not removed
	storm   *record
	gone    bool // from the configuration
	changed bool // its settings changed
}

// away reports whether the notifier could not be reached lately.
func (n *recipient) away() bool { return n.fails > 0 || n.dead > 0 }

// touch notes that there may be something to send at a time.
func (n *recipient) touch(at time.Time) { n.next = earliest(n.next, at) }

// earliest returns the earlier of two times. A zero time is never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// add makes a delivery active.
func (n *recipient) add(d *delivery) {
	if d.active {
		return
	}
	d.active = true
	n.active = append(n.active, d)
	if k := len(n.active); k > 1 && n.active[k-2].Incident > d.Incident {
		slices.SortStableFunc(n.active, func(a, b *delivery) int { return cmp.Compare(a.Incident, b.Incident) })
	}
}

// token reports whether a message may be sent now, or when.
func (n *recipient) token(now time.Time) (ok bool, at time.Time) {
	if n.full.Sub(now) > burst*refill { // the clock was set back
		n.full = now
	}
	at = n.full.Add(-(burst - 1) * refill)
	return !at.After(now), at
}

func (n *recipient) spend(now time.Time) {
	if n.full.Before(now) {
		n.full = now
	}
	n.full = n.full.Add(refill)
}

// free returns when the next message may be sent.
func (n *recipient) free(now time.Time) time.Time {
	if n.fails > 0 {
		return limited(n.until, now, maxAsked)
	}
	if ok, at := n.token(now); !ok {
		return at
	}
	return now
}

// limited returns at, or now if at is further ahead than it can be, because the clock
// was set back.
func limited(at, now time.Time, most time.Duration) time.Time {
	if at.Sub(now) > most {
		return now
	}
	return at
}

// delay returns how long to wait after some attempts that failed: 1 s, 2 s, 4 s up to 5
// minutes, less up to a quarter that depends on the key.
func delay(key string, attempts int) time.Duration {
	base := time.Duration(doubled(int64(time.Second), max(attempts-1, 0), int64(maxDelay)))
	h := fnv.New64a()
	h.Write([]byte(key + " " + strconv.Itoa(attempts)))
	return base - time.Duration(h.Sum64()%uint64(base/4))
}

// page reports how many incidents more may open on a pager in this minute.
func (n *recipient) page(now time.Time) int {
	if passed := now.Sub(n.minute); passed >= time.Minute || passed < 0 {
		n.minute, n.pages = now, 0
	}
	return maxPages - n.pages
}
