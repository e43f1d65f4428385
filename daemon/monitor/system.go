package monitor

import (
	"vega/daemon/diagnostics"
	"vega/policies"
)

// System reports the state of the machine, the container and this process.
type System struct {
	Status policies.Level `json:"status"`
	diagnostics.Snapshot
	Warnings []Warning  `json:"warnings"`
	Unjudged []Unjudged `json:"unjudged"`
}

// Summary is the part of System that is cheap to read. Only thresholds for its
// figures apply, and its warnings have no evidence.
type Summary struct {
	Status policies.Level `json:"status"`
	diagnostics.Summary
	Warnings []Warning  `json:"warnings"`
	Unjudged []Unjudged `json:"unjudged"`
}
