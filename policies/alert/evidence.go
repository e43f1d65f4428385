package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

const (
	maxField   = 1 << 10 // bytes of a field of evidence
	maxDetails = 32      // details, and metrics, of an observation
	maxSummary = 200     // bytes of a summary
	maxKey     = 255     // bytes of a deduplication key
)

// observe copies what evidence keeps of a run.
func observe(r *check.Run) *incident.Observation {
	o := &incident.Observation{
		At:            end(r),
		Status:        r.Status,
		Cause:         r.Cause,
		Message:       check.Clip(r.Message, maxField),
		TookMS:        check.Milliseconds(r.Took),
		CorrelationID: check.Clip(r.CorrelationID, maxField),
	}
	for _, k := range slices.Sorted(maps.Keys(r.Details)) {
		if len(o.Details) == maxDetails {
			break
		}
		if o.Details == nil {
			o.Details = map[string]string{}
		}
		o.Details[check.Clip(k, maxField)] = check.Clip(r.Details[k], maxField)
	}
	for _, v := range r.Metrics[:min(len(r.Metrics), maxDetails)] {
		v.Name, v.Unit = check.Clip(v.Name, maxField), check.Clip(v.Unit, maxField)
		o.Metrics = append(o.Metrics, v)
	}
	return o
}

// end returns when a run ended.
func end(r *check.Run) time.Time { return r.Began.Add(max(r.Took, 0)) }

// evidence returns what is known when an incident opens.
func (m *board) evidence(w *watch, e *evaluation) incident.Evidence {
	v := incident.Evidence{Config: m.config.Digest}
	if e.observed != nil {
		v.Now = e.observed()
	}
	if w.Subject.Kind == incident.OfMetric {
		v.Bound = w.rule.boundIn(e.unit)
		if g, ok := m.lastGood[w.Subject]; ok {
			v.LastGood = &incident.Observation{At: g.at, Value: e.unit.Format(g.value)}
		}
	}
	if n := w.node; n != nil {
		if n.good != nil {
			v.LastGood = observe(n.good)
		}
		v.Below = m.below(n, incident.MaxNames)
	}
	return v
}

// summary returns one line about a subject in trouble.
func summary(w *watch, e *evaluation) string {
	text := e.message
	if w.Subject.Kind != incident.OfEvent || text == "" {
		text = w.Subject.Label() + " " + text
	}
	return check.Clip(check.OneLine(text), maxSummary)
}

// dedupKey returns the deduplication key of a subject. The end of a key that would be
// too long is replaced by a hash.
func dedupKey(id string, s incident.Subject) string {
	key := "vega/" + id + "/" + s.String()
	if len(key) <= maxKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	hash := "-" + hex.EncodeToString(sum[:16])
	cut := maxKey - len(hash)
	for cut > 0 && key[cut]&0xC0 == 0x80 { // inside a character
		cut--
	}
	return key[:cut] + hash
}
