package heartbeat

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"time"

	"vega/daemon/heartbeat/cron"
	"vega/policies/check"
)

// Probe is the probe of integrations that are heartbeats.
const Probe = "core.heartbeat"

const (
	// MinToken is the least length of a token, in bytes.
	MinToken = 16
	// maxDefaultGrace limits the grace of heartbeats that do not set one.
	maxDefaultGrace = 5 * time.Minute
)

// Settings say when pushes are expected, and who may send them.
type Settings struct {
	Token Token
	Get   bool // whether a GET counts as a push
	// Interval is the longest time between two pushes. Without Cron, it counts from the
	// last push.
	Interval time.Duration
	Grace    time.Duration
	Cron     *cron.Schedule // nil: there is only an interval
	Zone     *time.Location // of Cron
	// Secret is set if Cron or Zone came from env() or file(), so no text may contain them.
	Secret bool
}

// DefaultGrace returns the grace for a job that runs on an interval.
func DefaultGrace(interval time.Duration) time.Duration { return min(interval, maxDefaultGrace) }

// String describes the schedule.
func (s *Settings) String() string {
	switch {
	case s.Cron == nil:
		return fmt.Sprintf("every %s, grace %s", check.Span(s.Interval), check.Span(s.Grace))
	case s.Secret:
		return "by cron, grace " + check.Span(s.Grace)
	default:
		return fmt.Sprintf("%s in %s, grace %s", s.Cron, s.Zone, check.Span(s.Grace))
	}
}

// Same reports whether both are the same, or both nil.
func (s *Settings) Same(o *Settings) bool {
	if s == nil || o == nil {
		return s == o
	}
	return s.Token.Equal(o.Token) && s.Get == o.Get && s.sameSchedule(o)
}

// sameSchedule reports whether both expect pushes at the same times.
func (s *Settings) sameSchedule(o *Settings) bool {
	if s.Interval != o.Interval || s.Grace != o.Grace || (s.Cron == nil) != (o.Cron == nil) {
		return false
	}
	return s.Cron == nil || *s.Cron == *o.Cron && s.Zone.String() == o.Zone.String()
}

// early is how much before its time by cron a push counts for that time, because the
// clocks of two hosts differ.
const early = 30 * time.Second

// next returns when the next push is expected after one, without the grace.
func (s *Settings) next(after time.Time) time.Time {
	if s.Cron == nil {
		return after.Add(s.Interval)
	}
	if t := s.Cron.Next(after.Add(min(early, s.Interval/4)), s.Zone); !t.IsZero() {
		return t
	}
	return after.Add(s.Interval) // validation rejects a schedule that never comes
}

// written formats a time for people, in the time zone of the schedule.
func (s *Settings) written(t time.Time) string {
	if s.Zone != nil && !s.Secret {
		return t.In(s.Zone).Format(time.RFC3339)
	}
	return t.UTC().Format(time.RFC3339)
}

// Token is the digest of a token. Comparing digests takes constant time, so it reveals
// neither the length of a token nor how much of a guess is right.
type Token [sha256.Size]byte

// NewToken returns the digest of a token.
func NewToken(text string) Token { return sha256.Sum256([]byte(text)) }

// Equal compares in constant time.
func (t Token) Equal(o Token) bool { return subtle.ConstantTimeCompare(t[:], o[:]) == 1 }
