package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// encode returns the JSON of a record. What JSON can't represent, such as a number that
// is infinite, is replaced: it must not keep everything else from being stored.
func encode[T any](record T, repair func(*T)) (string, error) {
	data, err := json.Marshal(record)
	if err != nil {
		repair(&record)
		data, err = json.Marshal(record)
	}
	return string(data), err
}

func repairWatch(w *incident.Watch) {
	if w.Value != nil && !finite(*w.Value) {
		w.Value = nil
	}
	repairTimes(&w.Since, &w.Evaluated, &w.Fired, &w.Resolved)
}

func repairIncident(i *incident.Incident) {
	repairTimes(&i.Opened, &i.Ended)
	if i.Acknowledged != nil {
		a := *i.Acknowledged
		repairTimes(&a.At, &a.Until)
		i.Acknowledged = &a
	}
	for _, o := range []**incident.Observation{&i.Evidence.Now, &i.Evidence.LastGood} {
		if *o == nil {
			continue
		}
		c := **o
		repairTimes(&c.At)
		if !finite(c.TookMS) {
			c.TookMS = 0
		}
		c.Metrics = slices.DeleteFunc(slices.Clone(c.Metrics), func(m check.Metric) bool { return !finite(m.Value) })
		*o = &c
	}
}

func repairDelivery(d *incident.Delivery) { repairTimes(&d.Tried, &d.Sent, &d.Next, &d.Since) }
func repairEvent(e *incident.Event)       { repairTimes(&e.At) }
func repairSilence(s *incident.Silence)   { repairTimes(&s.From, &s.Until, &s.Ended) }

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// repairTimes sets times that JSON can't represent to the nearest ones that it can.
func repairTimes(all ...*time.Time) {
	for _, t := range all {
		u := t.UTC()
		switch y := u.Year(); {
		case y < 0:
			u = time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
		case y > 9999:
			u = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
		}
		*t = u
	}
}

// The words that this vega knows.
var (
	kinds      = []incident.Kind{incident.OfIntegration, incident.OfMetric, incident.OfEvent}
	phases     = []incident.Phase{incident.Inactive, incident.Pending, incident.Firing, incident.Recovering}
	severities = []incident.Severity{"", incident.Info, incident.Warning, incident.Critical}
	ends       = []incident.End{incident.StillOpen, incident.Recovered, incident.Withdrawn}
	notices    = []incident.NoticeKind{"", incident.Opening, incident.Reminder, incident.Escalation, incident.Resolve, incident.Missed, incident.BelowRoot}
)

// errNewer is the reason for a word that this vega does not know.
var errNewer = errors.New("this version of vega does not know it")

// known returns an error if the word is not one of all.
func known[T ~string](what string, word T, all []T) error {
	if slices.Contains(all, word) {
		return nil
	}
	return fmt.Errorf("%s %q: %w", what, check.Clip(string(word), 40), errNewer)
}

func decodeWatch(data string) (w incident.Watch, err error) {
	if err := json.Unmarshal([]byte(data), &w); err != nil {
		return w, err
	}
	return w, known("phase", w.Phase, phases)
}

func decodeIncident(data string) (i incident.Incident, err error) {
	if err := json.Unmarshal([]byte(data), &i); err != nil {
		return i, err
	}
	return i, errors.Join(known("kind", i.Subject.Kind, kinds), known("severity", i.Severity, severities), known("end", i.End, ends))
}

func decodeDelivery(data string) (d incident.Delivery, err error) {
	if err := json.Unmarshal([]byte(data), &d); err != nil {
		return d, err
	}
	return d, errors.Join(known("kind", d.Kind, notices), known("severity", d.Severity, severities))
}

func decodeEvent(data string) (e incident.Event, err error) {
	return e, json.Unmarshal([]byte(data), &e)
}

func decodeSilence(data string) (s incident.Silence, err error) {
	return s, json.Unmarshal([]byte(data), &s)
}

// over returns when a silence ends, or ended.
func over(s *incident.Silence) time.Time {
	if !s.Ended.IsZero() && s.Ended.Before(s.Until) {
		return s.Ended
	}
	return s.Until
}

// micros returns the microseconds of a time since 1970, within what a column can hold.
func micros(t time.Time) int64 {
	switch y := t.UTC().Year(); {
	case y < -9999:
		return math.MinInt64
	case y > 99_999:
		return math.MaxInt64
	default:
		return t.UnixMicro()
	}
}

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }
