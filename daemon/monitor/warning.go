package monitor

import (
	"fmt"
	"strings"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
	"vega/policies/check"
)

// Warning reports a resource that has reached a threshold, with information that
// helps to find the cause.
type Warning struct {
	Resource    string         `json:"resource"`          // system.memory.percent, for example
	Subject     string         `json:"subject,omitempty"` // the path of a file system or the name of a database; "" if there is only one
	Status      policies.Level `json:"status"`
	Value       float64        `json:"value"`
	Unit        policies.Unit  `json:"unit"`
	Threshold   float64        `json:"threshold"` // the value at which the status begins
	ThresholdBy string         `json:"threshold_name"`
	SetAt       string         `json:"set_at"` // file:line of the threshold
	Since       time.Time      `json:"since"`  // when the status was first observed
	Explanation string         `json:"explanation"`
	WhatToDo    string         `json:"what_to_do"`
	// Limit is the limit of the resource, or nil if there isn't one or it is unknown.
	// Moved lists how the figure and related ones changed.
	Limit *diagnostics.Limit `json:"limit,omitempty"`
	Moved []diagnostics.Move `json:"moved"`
	// Evidence reports whether Sentences and Behind are available. It is "" in a
	// summary.
	Evidence  EvidenceState         `json:"evidence,omitempty"`
	Sentences []string              `json:"sentences,omitempty"` // the evidence in prose
	Behind    *diagnostics.Evidence `json:"behind,omitempty"`    // the evidence as data
}

// EvidenceState is the state of the search for evidence for a warning.
type EvidenceState string

// The states of a search. If it is EvidencePending, ask again in a second.
const (
	EvidenceReady   EvidenceState = "ready"
	EvidencePending EvidenceState = "pending" // the search is in progress
	EvidenceNone    EvidenceState = "none"    // no evidence exists for this resource
)

// Unjudged reports a threshold that can't be applied because its figure is unknown.
type Unjudged struct {
	Resource  string `json:"resource"`
	Subject   string `json:"subject,omitempty"`
	Threshold string `json:"threshold"` // its name
	BuiltIn   bool   `json:"built_in"`
	Reason    string `json:"reason"`
}

// judgement is the result of comparing readings with thresholds.
type judgement struct {
	status   policies.Level
	warnings []Warning
	unjudged []Unjudged
}

func (j *judgement) add(w Warning) {
	j.warnings = append(j.warnings, w)
	j.status = policies.WorstLevel(j.status, w.Status)
}

// judge compares the readings with the thresholds.
func (r readings) judge(by *policies.Thresholds, now time.Time, moves func(resource string) []diagnostics.Move) judgement {
	j := judgement{status: policies.LevelHealthy, warnings: []Warning{}, unjudged: []Unjudged{}}
	for _, v := range by.Judge(now, r.of) {
		switch v.Level {
		case policies.LevelUnknown:
			j.unjudged = append(j.unjudged, Unjudged{v.Reading.Resource, v.Subject, v.Name, v.BuiltIn, v.Unknown})
		case policies.LevelWarning, policies.LevelError:
			j.add(r.warning(v, moves))
		}
	}
	for _, disk := range r.disks {
		if disk.StuckSince != nil {
			j.add(stuck(disk, now))
		}
	}
	return j
}

func (r readings) warning(v policies.Verdict, moves func(string) []diagnostics.Move) Warning {
	w := Warning{
		Resource: v.Reading.Resource, Subject: v.Subject, Status: v.Level, Value: v.Value, Unit: v.DisplayUnit(),
		Threshold: v.Bound(v.Level), ThresholdBy: v.Name, SetAt: v.At, Since: v.Since.UTC(),
		WhatToDo: remediationFor(v.Threshold.Resource).action, Moved: []diagnostics.Move{},
	}
	if name := w.evidenceName(); name != "" {
		w.Limit, w.Moved = r.summary.LimitOf(name), moves(name)
	}
	w.Explanation = w.explain(v)
	return w
}

// evidenceName returns the name of the resource in package diagnostics, or "" if
// diagnostics can't explain it. The only file system that it can explain is the data
// directory's.
func (w *Warning) evidenceName() string {
	path, ok := strings.CutPrefix(w.Resource, "system.")
	if !ok || strings.HasPrefix(path, "disks") {
		return ""
	}
	return diagnostics.ResourceOf(path)
}

// explain returns two sentences: one on the value and its threshold, one on recent
// changes and the limit.
func (w *Warning) explain(v policies.Verdict) string {
	where, builtIn := strings.CutSuffix(w.SetAt, " (built in)")
	if builtIn {
		where = "built in, " + where
	}
	threshold := fmt.Sprintf("%s threshold: %s (%s)", w.Status, w.Unit.Format(w.Threshold), where)
	text := fmt.Sprintf("%s is %s; %s", subjectOf(w), w.Unit.Format(w.Value), threshold)
	if v.Held() {
		text += fmt.Sprintf(", cleared at %s", w.Unit.Format(v.End(w.Threshold)))
	}
	clauses := w.background()
	if len(clauses) == 0 {
		return text + "."
	}
	clauses[0] = strings.ToUpper(clauses[0][:1]) + clauses[0][1:]
	return text + ". " + strings.Join(clauses, "; ") + "."
}

// brief returns one clause with what somebody who reads a message needs: the value, its
// threshold and its limit.
func (w *Warning) brief() string {
	if w.ThresholdBy == "" { // no threshold, as of a file system that does not respond
		return strings.TrimSuffix(w.Explanation, ".")
	}
	text := fmt.Sprintf("%s is %s (%s threshold: %s", subjectOf(w), w.Unit.Format(w.Value), w.Status, w.Unit.Format(w.Threshold))
	if w.Limit != nil {
		text += fmt.Sprintf("; limit: %s", w.Limit)
	}
	return text + ")"
}

// background returns clauses on the limit and on the change of the figure over the
// longest period.
func (w *Warning) background() []string {
	var clauses []string
	for n := len(w.Moved) - 1; n >= 0; n-- {
		if m := w.Moved[n]; "system."+m.Field == w.Resource && !m.Negligible() {
			clauses = append(clauses, "it"+strings.TrimPrefix(m.String(), m.Field))
			break
		}
	}
	if w.Limit != nil {
		clauses = append(clauses, fmt.Sprintf("the limit is %s (%s)", w.Limit, w.Limit.Source))
	}
	return clauses
}

// stuck returns the warning for a file system that does not respond. Its status is
// always error, because a program that uses the file system may wait forever.
func stuck(d diagnostics.Disk, now time.Time) Warning {
	return Warning{
		Resource: "system.disks", Subject: d.Path, Status: policies.LevelError, Value: check.Milliseconds(now.Sub(*d.StuckSince)), Unit: policies.Milliseconds,
		SetAt: "always", Since: d.StuckSince.UTC(), Moved: []diagnostics.Move{},
		Explanation: fmt.Sprintf("The file system of %s has not responded since %s.", d.Path, d.StuckSince.UTC().Format(time.RFC3339)),
		WhatToDo:    "Check the disk, or the server of a network mount. If the server is gone, detach the mount with umount -l.",
	}
}
