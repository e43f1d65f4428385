package monitor

import (
	"vega/daemon/diagnostics"
	"vega/daemon/version"
	"vega/policies"
)

// System reports the state of the machine, the container and this process.
type System struct {
	Status policies.Level `json:"status"`
	diagnostics.Snapshot
	Warnings []Warning  `json:"warnings"`
	Unjudged []Unjudged `json:"unjudged"`
	Places   *Places    `json:"places,omitempty"` // only in a daemon

	Release *version.Release `json:"release,omitempty"` // of the daemon
}

// Places describes how many checks can run concurrently.
type Places struct {
	Size       int    `json:"size"`
	Used       int    `json:"used"`
	Waiting    int    `json:"waiting"`
	NotStarted int64  `json:"not_started"` // checks since the start that found no place before their timeout
	Limit      string `json:"limit"`       // what determines the size
}

// Summary is the part of System that is cheap to read. Only thresholds for its
// figures apply, and its warnings have no evidence.
type Summary struct {
	Status policies.Level `json:"status"`
	diagnostics.Summary
	Warnings []Warning  `json:"warnings"`
	Unjudged []Unjudged `json:"unjudged"`
}
