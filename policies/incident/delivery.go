package incident

import (
	"strconv"
	"time"
)

// Delivery is what one notifier knows of one incident. What is still to be sent is
// derived from it.
type Delivery struct {
	Incident int64  `json:"incident"`
	Notifier string `json:"notifier"`
	Notified bool   `json:"notified"` // the far end has the incident as open
	// InFlight is set while the outcome of an attempt is not known.
	InFlight bool `json:"in_flight"`
	// Unsure is set if the far end may have the incident as open, or not.
	Unsure   bool       `json:"unsure,omitempty"`
	Kind     NoticeKind `json:"kind,omitempty"` // of the last attempt
	Seq      int        `json:"seq"`            // of the last notice; the same for each attempt to send it
	Attempts int        `json:"attempts,omitempty"`
	Tried    time.Time  `json:"tried,omitzero"` // the last attempt
	Sent     time.Time  `json:"sent,omitzero"`  // the last one that arrived
	Next     time.Time  `json:"next,omitzero"`  // before it, there is no attempt
	Since    time.Time  `json:"since,omitzero"` // when the first attempt of the notice failed
	Dead     bool       `json:"dead,omitempty"` // given up until somebody asks for another attempt
	Error    string     `json:"error,omitempty"`
	// Severity and Escalated are what the far end was sent last.
	Severity  Severity `json:"severity,omitempty"`
	Escalated bool     `json:"escalated,omitempty"`
	// Message is the key of the message of the last attempt. What may have arrived is
	// sent again in the same company.
	Message string `json:"message,omitempty"`
	// Below is set if the notifier is only one of an incident that this one explains.
	Below bool `json:"below,omitempty"`
	// Storm is the incident that stands for this one, because a pager had too many.
	Storm int64 `json:"storm,omitempty"`
	// Settings is the digest of the settings with which the notice was given up.
	Settings string `json:"settings,omitempty"`
	// Missed is set if the incident ended before the notifier could be reached.
	Missed bool `json:"missed,omitempty"`
	Done   bool `json:"done,omitempty"` // nothing more is to be sent
}

// NoticeKind says what a notice is about.
type NoticeKind string

// The kinds of notices.
const (
	Opening    NoticeKind = "opening"
	Reminder   NoticeKind = "reminder"   // still open
	Escalation NoticeKind = "escalation" // open for long, or more severe now
	Resolve    NoticeKind = "resolve"    // over; see Incident.End
	Missed     NoticeKind = "missed"     // opened and ended while the notifier could not be reached
	BelowRoot  NoticeKind = "below_root" // an integration of this notifier fails because of the incident
)

// Result says how an attempt to send ended.
type Result string

// The results of an attempt.
const (
	Arrived Result = "arrived"
	Refused Result = "refused" // it did not arrive; try again
	Unclear Result = "unclear" // it may have arrived; try again with the same key
	Final   Result = "final"   // it will never be accepted
)

// Outcome is how an attempt to send ended.
type Outcome struct {
	Result     Result
	RetryAfter time.Duration // asked for by the service; 0: nothing was
	Reason     string        // without secrets; "" if it arrived without a problem
}

// Notice is one incident in a message.
type Notice struct {
	Kind     NoticeKind `json:"kind"`
	Key      string     `json:"key"` // idempotency key; the same for each attempt
	Incident Incident   `json:"incident"`
	// Below lists integrations that fail because of the incident, in order of name; at
	// most MaxNames. More counts the others.
	Below []string      `json:"below,omitempty"`
	More  int           `json:"more,omitempty"`
	For   time.Duration `json:"for"`             // how long it has been open, or was
	Note  string        `json:"note,omitempty"`  // such as "silence by ann ended"
	Link  string        `json:"link,omitempty"`  // page of the incident
	Alert string        `json:"alert,omitempty"` // the first of its alerts, for services that want one
}

// Pages is the address of the list of incidents, for people; "" if it has no address. The page
// of an incident is below it.
type Pages string

// Link returns the address of the page of an incident, or of the list without an ID.
func (p Pages) Link(id int64) string {
	if p == "" || id == 0 {
		return string(p)
	}
	return string(p) + "/" + strconv.FormatInt(id, 10)
}

// MaxNames limits the names in one notice.
const MaxNames = 20

// Message is what a notifier sends at once.
type Message struct {
	Notifier string `json:"notifier"`
	// Key is the idempotency key of the message. It depends on the keys of all notices.
	Key     string    `json:"key"`
	At      time.Time `json:"at"`
	Notices []Notice  `json:"notices"`
	// Storm counts incidents of a pager that are left out because of too many. One of
	// Notices stands for them: its incident is the storm, which ends like any other.
	Storm int `json:"storm,omitempty"`
	// Test is set for the message of a test.
	Test bool `json:"test,omitempty"`
}
