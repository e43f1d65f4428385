package monitor

import (
	"fmt"
	"strings"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
	"vega/policies/check"
)

// Warning is a resource that is beyond one of its thresholds, and all that
// helps to see why.
type Warning struct {
	Resource    string         `json:"resource"`          // as a threshold names it: system.memory.percent
	Subject     string         `json:"subject,omitempty"` // which of several: the path of a disk, a database
	Status      policies.Level `json:"status"`
	Value       float64        `json:"value"`
	Unit        policies.Unit  `json:"unit"`
	Threshold   float64        `json:"threshold"` // where the status begins
	ThresholdBy string         `json:"threshold_name"`
	SetAt       string         `json:"set_at"` // file:line of the threshold
	Since       time.Time      `json:"since"`  // as far as anybody asked
	Explanation string         `json:"explanation"`
	WhatToDo    string         `json:"what_to_do"`
	// Limit is what the figure is held against, nil if there is nothing or it
	// is not known; Moved, how it and what belongs to it changed.
	Limit *diagnostics.Limit `json:"limit,omitempty"`
	Moved []diagnostics.Move `json:"moved"`
	// Evidence says whether Behind and Sentences are there. A summary has none.
	Evidence  EvidenceState         `json:"evidence,omitempty"`
	Sentences []string              `json:"sentences,omitempty"` // what is behind it, for a person
	Behind    *diagnostics.Evidence `json:"behind,omitempty"`    // the same, for a program
}

// EvidenceState says how far it was found out what is behind a warning.
type EvidenceState string

// The states. Who is told that it is pending may ask again in a second.
const (
	EvidenceReady   EvidenceState = "ready"
	EvidencePending EvidenceState = "pending" // it is being looked for
	EvidenceNone    EvidenceState = "none"    // there is nothing to look for
)

// Unjudged is a threshold whose figure can't be had at the moment.
type Unjudged struct {
	Resource  string `json:"resource"`
	Subject   string `json:"subject,omitempty"`
	Threshold string `json:"threshold"` // its name
	BuiltIn   bool   `json:"built_in"`
	Reason    string `json:"reason"`
}

// judgement is what thresholds make of readings.
type judgement struct {
	status   policies.Level
	warnings []Warning
	unjudged []Unjudged
}

func (j *judgement) add(w Warning) {
	j.warnings = append(j.warnings, w)
	j.status = policies.WorstLevel(j.status, w.Status)
}

// judge holds what was read against the thresholds.
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
		Resource: v.Reading.Resource, Subject: v.Subject, Status: v.Level, Value: v.Value, Unit: v.Unit,
		Threshold: v.Bound(v.Level), ThresholdBy: v.Name, SetAt: v.At, Since: v.Since.UTC(),
		WhatToDo: whatToDo(v.Threshold.Resource), Moved: []diagnostics.Move{},
	}
	if name := w.behind(); name != "" {
		w.Limit, w.Moved = r.summary.LimitOf(name), moves(name)
	}
	w.Explanation = w.explain(v)
	return w
}

// behind is what diagnostics can explain of it; "" for nothing. Of file systems
// it knows but that of the data directory.
func (w *Warning) behind() string {
	path, ok := strings.CutPrefix(w.Resource, "system.")
	if !ok || strings.HasPrefix(path, "disks") {
		return ""
	}
	return diagnostics.ResourceOf(path)
}

// explain returns two sentences: the value with its threshold, and how it moved
// with its limit.
func (w *Warning) explain(v policies.Verdict) string {
	threshold := fmt.Sprintf("%s threshold: %s (%s)", w.Status, w.Unit.Format(w.Threshold), w.SetAt)
	text := fmt.Sprintf("%s is %s; %s", subjectOf(w), w.Unit.Format(w.Value), threshold)
	if v.Held() {
		text += fmt.Sprintf(", cleared at %s", w.Unit.Format(v.End(w.Threshold)))
	}
	more := w.context()
	if len(more) == 0 {
		return text + "."
	}
	more[0] = strings.ToUpper(more[0][:1]) + more[0][1:]
	return text + ". " + strings.Join(more, "; ") + "."
}

// context is how the figure moved over the longest time, and the limit.
func (w *Warning) context() []string {
	var more []string
	for n := len(w.Moved) - 1; n >= 0; n-- {
		if m := w.Moved[n]; "system."+m.Field == w.Resource && m.Delta != 0 {
			more = append(more, "it"+strings.TrimPrefix(m.String(), m.Field))
			break
		}
	}
	if w.Limit != nil {
		more = append(more, fmt.Sprintf("the limit is %s (%s)", w.Limit, w.Limit.Source))
	}
	return more
}

// stuck is a file system that has not answered. No threshold is needed to call
// that an error: whatever touches it waits for good.
func stuck(d diagnostics.Disk, now time.Time) Warning {
	return Warning{
		Resource: "system.disks", Subject: d.Path, Status: policies.LevelError, Value: check.Milliseconds(now.Sub(*d.StuckSince)), Unit: policies.Milliseconds,
		SetAt: "always", Since: d.StuckSince.UTC(), Moved: []diagnostics.Move{},
		Explanation: fmt.Sprintf("The file system of %s was asked at %s and has not answered.", d.Path, d.StuckSince.UTC().Format(time.RFC3339)),
		WhatToDo:    "See whether what serves it can be reached, as a network mount's server or a failing disk; umount -l lets go of a mount that is gone.",
	}
}
