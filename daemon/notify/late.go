package notify

import (
	"context"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"vega/policies/incident"
)

// A mail server can accept some recipients and refuse others for now: it delays mail from
// a sender that it does not know (greylisting), a mailbox is full, or the domain can't be
// looked up. The mail goes to those that are accepted at once. The others are sent it
// later, also when the notifier has nothing else to send, and before anything else.

const (
	lateFirst = time.Minute      // until the first attempt; each further one takes twice as long
	lateMost  = 30 * time.Minute // between attempts
	lateFor   = 4 * time.Hour    // after which a mail is given up
	maxLate   = 20               // mails that are kept; the oldest are given up
)

// mailing is a mail and those who are to be sent it.
type mailing struct {
	from  string
	to    []string
	text  []byte
	since time.Time
}

// late keeps the mails of recipients that were refused for now, oldest first. They are
// lost when vega ends. It is safe for concurrent use.
type late struct {
	mu    sync.Mutex
	mails []mailing
	tries int
	timer *time.Timer // nil if none is kept
}

// add keeps a mail, and calls retry later.
func (l *late) add(m mailing, retry func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mails = append(l.mails, m)
	l.mails = l.mails[max(0, len(l.mails)-maxLate):]
	if l.timer == nil {
		l.tries = 0
		l.timer = time.AfterFunc(lateFirst, retry)
	}
}

// take returns all mails and keeps none.
func (l *late) take() []mailing {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.mails
	l.mails = nil
	return all
}

// restore keeps mails that take returned.
func (l *late) restore(all []mailing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mails = append(all, l.mails...)
}

// again calls retry later, if there is a mail.
func (l *late) again(retry func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = nil
	if len(l.mails) > 0 {
		l.tries++
		l.timer = time.AfterFunc(min(lateFirst<<min(l.tries, 10), lateMost), retry)
	}
}

// sendLate sends what is kept, in a session of its own.
func (n *Notifier) sendLate() {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	defer n.late.again(n.sendLate)
	defer func() { _ = recover() }() // a notifier that fails must not end vega
	conn, err := n.dialMail(ctx)
	if err != nil {
		return
	}
	defer conn.Close()
	if c, _ := n.greet(ctx, conn); c != nil {
		n.deliverLate(c)
		_ = c.Quit() // what was accepted is not kept
	}
}

// deliverLate sends what is kept, in a session that is open.
func (n *Notifier) deliverLate(c *smtp.Client) {
	all := n.late.take()
	left := make([]mailing, 0, len(all))
	defer func() { n.late.restore(append(left, all...)) }() // after a panic, those that had no turn, too
	for len(all) > 0 {
		m := all[0]
		all = all[1:]
		if time.Since(m.since) > lateFor {
			continue
		}
		switch refusedNow, o := transfer(c, &m, false); o.Result {
		case incident.Arrived:
			m.to = refusedNow
		case incident.Final:
			m.to = nil
		}
		if len(m.to) > 0 {
			left = append(left, m)
		}
	}
}
