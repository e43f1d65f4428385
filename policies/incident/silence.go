package incident

import "time"

// Silence holds back messages about some subjects for a time.
type Silence struct {
	ID int64 `json:"id"`
	// Integrations are selectors; see alert.Selector. Alerts are names of alerts. A
	// subject must match one of each list that is not empty.
	Integrations []string  `json:"integrations"`
	Alerts       []string  `json:"alerts"`
	From         time.Time `json:"from"`
	Until        time.Time `json:"until"`
	By           string    `json:"by"`
	Comment      string    `json:"comment"`
	Ended        time.Time `json:"ended,omitzero"` // ended early
	EndedBy      string    `json:"ended_by,omitempty"`
}

// MaxSilence is the longest duration of a silence.
const MaxSilence = 30 * 24 * time.Hour

// Active reports whether the silence holds at a time.
func (s *Silence) Active(now time.Time) bool {
	return s.Ended.IsZero() && !now.Before(s.From) && now.Before(s.Until)
}
