package monitor

import (
	"vega/daemon/diagnostics"
	"vega/policies"
)

// System is how the machine, the container and this process are.
type System struct {
	Status policies.Level `json:"status"`
	diagnostics.Snapshot
	Warnings []Warning  `json:"warnings"`
	Unjudged []Unjudged `json:"unjudged"`
}

// SystemSummary is the part of System that is cheap to know. It is judged by
// the thresholds for what is in it, and its warnings come without evidence.
type Summary struct {
	Status policies.Level `json:"status"`
	diagnostics.Summary
	Warnings []Warning  `json:"warnings"`
	Unjudged []Unjudged `json:"unjudged"`
}
