// Package notify sends the messages of alerting to the services that people use. New
// checks the settings of a notifier and returns it; its Send sends one message and says
// how that ended. Ping requests the URL of a dead man's switch.
//
// There is a file for each service, with the function that sends to it. What they have
// in common: Send takes at most 10 seconds, follows no redirect, reads at most 8 KiB of
// the answer, and connects only as package egress allows it for a URL that the operator
// wrote. A reason that it returns holds no part of a secret, of a URL's path or of an
// answer. Text in a message, which may come from a target, can't mention anybody, link
// anywhere or format anything; see escape.go.
package notify

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"vega/daemon/notify/message"
	"vega/daemon/notify/service"
	"vega/plugins/egress"
	"vega/policies/incident"
)

// Options are what all notifiers share.
type Options struct {
	// Network is that of the probes: its resolver, its authorities and its proxy apply.
	Network *egress.Network
	// ID identifies this vega, in fields that distinguish monitors.
	ID string
	// ExternalURL is the page of this vega, or "".
	ExternalURL string
	// Pages are those of incidents.
	Pages incident.Pages
}

// Notifier sends to one end of one service. It is safe for concurrent use.
type Notifier struct {
	settings service.Settings
	service  *service.Service
	options  Options
	send     sender
	hidden   []string // texts that no reason may show, longest first
	late     late     // mails for recipients that were refused for now
}

// sender sends a message to a service.
type sender func(ctx context.Context, n *Notifier, m *incident.Message) incident.Outcome

// senders has the function for each type of service.
var senders = map[string]sender{
	"slack": slack, "mattermost": mattermost, "rocketchat": rocketchat, "discord": discord, "teams": teams,
	"telegram": telegram, "googlechat": googlechat, "matrix": matrix,
	"ntfy": ntfy, "gotify": gotify, "pushover": pushover,
	"pagerduty": pagerduty, "opsgenie": opsgenie, "alertmanager": alertmanager,
	"webhook": webhook, "email": email,
}

// timeout limits Send.
const timeout = 10 * time.Second

// New returns the notifier with the given settings. The error names a setting and does
// not quote it.
func New(s service.Settings, o Options) (*Notifier, error) {
	s = s.WithDefaults()
	if p := service.Check(s); p != nil {
		return nil, fmt.Errorf("notifier %q: %w", s.Name, p)
	}
	if o.Network == nil {
		return nil, errors.New("notify: Options.Network is not set")
	}
	return &Notifier{settings: s, service: service.Find(s.Type), options: o, send: senders[s.Type], hidden: hidden(s)}, nil
}

// Name returns the notifier's name.
func (n *Notifier) Name() string { return n.settings.Name }

// Type returns the type of its service.
func (n *Notifier) Type() string { return n.settings.Type }

// Pager reports whether the service takes one event for each incident.
func (n *Notifier) Pager() bool { return n.service.Pager }

// identify returns a copy of a message with a key of its own and the time, if it has
// none. Services drop a second message with the same key.
func identify(m *incident.Message) *incident.Message {
	c := *m
	if c.Key == "" {
		c.Key = rand.Text()
	}
	if c.At.IsZero() {
		c.At = time.Now()
	}
	return &c
}

// Refreshes returns how often the service has to be sent what is open, or 0 if it
// remembers that. At that interval, send a reminder of each open incident that the
// notifier knows, also if nothing changed: Alertmanager resolves an alert 4 minutes after
// it was last sent. How that ends changes nothing in alerting.
func (n *Notifier) Refreshes() time.Duration {
	if n.settings.Type == "alertmanager" {
		return refreshEvery
	}
	return 0
}

const (
	refreshEvery = time.Minute
	// refreshedFor is how long an alert stays open without being sent again.
	refreshedFor = 4 * time.Minute
)

// Send sends a message. It returns within 10 seconds, and soon after ctx ends.
func (n *Notifier) Send(ctx context.Context, m *incident.Message) incident.Outcome {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if len(m.Notices) == 0 {
		return arrived()
	}
	if m.Key == "" || m.At.IsZero() {
		m = identify(m)
	}
	o := n.send(ctx, n, m)
	o.Reason = message.Clean(n.hide(o.Reason))
	return o
}
