package engine

import (
	"time"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/policies"
	"vega/policies/check"
)

// Health reports the status of integrations. Sizes are in bytes, durations in
// milliseconds and times in UTC. Lists and maps are never null.
type Health struct {
	Status        check.Status `json:"status"`
	CheckedAt     time.Time    `json:"checked_at"`
	DurationMS    float64      `json:"duration_ms"`
	CorrelationID string       `json:"correlation_id"`
	Summary       Summary      `json:"summary"`
	Integrations  []Report     `json:"integrations"`

	listed *listing // instead of Integrations; nil: none
}

// Summary counts integrations by status.
type Summary struct {
	Total     int `json:"total"`
	Healthy   int `json:"healthy"`
	Degraded  int `json:"degraded"`
	Unhealthy int `json:"unhealthy"`
	Unknown   int `json:"unknown"`
	Disabled  int `json:"disabled"`
}

// Report is the last run of one integration. CheckedAt is nil if it has not run.
type Report struct {
	Name           string       `json:"name"`
	Probe          string       `json:"probe"` // plugin.probe
	Status         check.Status `json:"status"`
	Cause          check.Cause  `json:"cause"`
	Message        string       `json:"message"`
	ResponseTimeMS float64      `json:"response_time_ms"`
	CheckedAt      *time.Time   `json:"checked_at"`
	AgeMS          float64      `json:"age_ms"`
	// Stored is set if the integration has not run since vega started or since the
	// integration changed. The report is then that of an earlier run.
	Stored     bool              `json:"stored,omitempty"`
	Details    map[string]string `json:"details"`
	Metrics    []check.Metric    `json:"metrics"`
	Contention *Contention       `json:"strain"` // null if there was no run or it was not measured
	// RootCause lists the unhealthy dependencies that explain the status; see
	// policies.Roots. It is computed for each request and not stored.
	RootCause []string `json:"root_cause,omitempty"`
	// Annotations are those of the current configuration, and not stored.
	Annotations
	// Exchange is what vega saw of the target. It is nil in a report of an earlier run, and
	// no answer has it.
	Exchange *check.Exchange `json:"-"`
}

// State is the last known state of one integration, and how often it is checked.
type State struct {
	Report
	IntervalMS float64  `json:"interval_ms"` // 0: on demand only
	TimeoutMS  float64  `json:"timeout_ms"`
	DependsOn  []string `json:"depends_on"`
}

// Integration describes one integration: its state, where it is configured, its grants,
// and what depends on it.
type Integration struct {
	State
	DefinedAt  string   `json:"defined_at"` // file:line
	Grants     []Grant  `json:"grants"`
	Dependents []string `json:"dependents"` // integrations whose depends_on has it, in order of name
}

// Grant describes one thing that an integration may do, and where that is allowed.
type Grant struct {
	Kind  string `json:"kind"`
	Allow string `json:"allow"` // as written in a grant block
	From  string `json:"from"`  // for example config.url or grant.http[0]
}

// staticReport returns the report of an integration that can't run because it is
// disabled or its plugin is not in service. ok is false if the integration can run.
func (b *Binding) staticReport() (r *Report, ok bool) {
	switch {
	case !b.Enabled:
		r = b.blank()
		r.Status, r.Message = check.Disabled, b.Disabled
		return r, true
	case b.Module == nil && b.Heartbeat == nil:
		return b.unknown(b.Reason), true
	default:
		return nil, false
	}
}

// unknown returns a report of status unknown, with vega as the cause.
func (b *Binding) unknown(message string) *Report {
	r := b.blank()
	r.Status, r.Cause, r.Message = check.Unknown, check.Host, message
	return r
}

func (b *Binding) blank() *Report {
	return &Report{Name: b.Name, Probe: b.probe(), Details: map[string]string{}, Metrics: []check.Metric{}}
}

// reportOf returns the report of a run. It leaves the age to Aged.
func reportOf(r *check.Run) Report {
	began := r.Began
	out := Report{
		Name: r.Integration, Probe: r.Probe, Status: r.Status, Cause: r.Cause, Message: r.Message,
		ResponseTimeMS: check.Milliseconds(r.Took), CheckedAt: &began, Details: r.Details, Metrics: r.Metrics,
		Contention: contentionOf(r.Contention), Exchange: r.Exchange,
	}
	if out.Details == nil {
		out.Details = map[string]string{}
	}
	if out.Metrics == nil {
		out.Metrics = []check.Metric{}
	}
	return out
}

// ReportOf returns the report of a stored run, with its current age.
func ReportOf(r check.Run) Report { return reportOf(&r).Aged() }

// Grants lists what a set of grants allows.
func Grants(s grant.Set) []Grant {
	out := make([]Grant, 0, len(s.Rules)+2)
	for _, r := range s.Rules {
		out = append(out, Grant{Kind: string(r.Kind), Allow: r.String(), From: r.Where})
	}
	if s.KV > 0 {
		out = append(out, Grant{Kind: string(manifest.KV), Allow: s.KV.String(), From: "grant.kv"})
	}
	if s.Plaintext {
		out = append(out, Grant{Kind: "plaintext", Allow: "secrets unencrypted to other hosts", From: "grant.plaintext"})
	}
	if s.Anywhere {
		out = append(out, Grant{Kind: string(grant.Secrets), Allow: "secrets in bodies, connections and queries", From: "grant.secrets"})
	}
	return out
}

// Aged returns the report with its current age. The age of a run that is in the
// future, because the clock was set back since, is 0.
func (r Report) Aged() Report {
	if r.CheckedAt == nil {
		return r
	}
	r.AgeMS = check.Milliseconds(max(0, time.Since(*r.CheckedAt)))
	at := r.CheckedAt.UTC().Truncate(time.Millisecond)
	r.CheckedAt = &at
	return r
}

// tally returns the overall status and the summary of reports.
func tally(all []*Report) (check.Status, Summary) {
	statuses, by := make([]check.Status, len(all)), map[check.Status]int{}
	for n, r := range all {
		statuses[n] = r.Status
		by[r.Status]++
	}
	return policies.Worst(statuses...), summaryOf(len(all), by)
}

// Count counts reports by status.
func Count(all []Report) Summary {
	by := map[check.Status]int{}
	for _, r := range all {
		by[r.Status]++
	}
	return summaryOf(len(all), by)
}

func summaryOf(total int, by map[check.Status]int) Summary {
	return Summary{
		Total:     total,
		Healthy:   by[check.Healthy],
		Degraded:  by[check.Degraded],
		Unhealthy: by[check.Unhealthy],
		Unknown:   by[check.Unknown],
		Disabled:  by[check.Disabled],
	}
}
