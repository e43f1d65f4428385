package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"vega/policies/check"
)

// PackedRun is a run encoded for a row. Its details and metrics are split into
// Names, which most runs of a probe share, and Values. Both are JSON, or both
// are empty.
type PackedRun struct {
	*check.Run
	Names, Values string
}

// MaxNames is the maximum length, in bytes, of Names that are shared between
// rows. Longer ones are stored with the run; see Inline.
const MaxNames = 1 << 10

// shape is the JSON of Names.
type shape struct {
	Details []string    `json:"d,omitempty"`
	Metrics [][2]string `json:"m,omitempty"` // name and unit
}

// The statuses and causes that can be stored. A row holds their index, so new
// ones go to the end.
var (
	statuses = []check.Status{check.Healthy, check.Degraded, check.Unhealthy, check.Unknown}
	causes   = []check.Cause{check.NoCause, check.Target, check.Timeout, check.Probe, check.Denied, check.Host}
)

// EncodeStatus returns the numbers that stand for a status and cause in a row.
func EncodeStatus(status check.Status, cause check.Cause) (int, int) {
	return slices.Index(statuses, status), slices.Index(causes, cause)
}

// DecodeStatus returns the status and cause for their numbers in a row.
func DecodeStatus(status, cause int) (check.Status, check.Cause, error) {
	if status < 0 || status >= len(statuses) || cause < 0 || cause >= len(causes) {
		return "", "", fmt.Errorf("this version of vega does not know status %d with cause %d", status, cause)
	}
	return statuses[status], causes[cause], nil
}

func pack(r *check.Run) (PackedRun, error) {
	var s shape
	values := make([]any, 0, len(r.Details)+len(r.Metrics))
	for _, name := range slices.Sorted(maps.Keys(r.Details)) {
		s.Details = append(s.Details, name)
		values = append(values, r.Details[name])
	}
	for _, m := range r.Metrics {
		s.Metrics = append(s.Metrics, [2]string{m.Name, m.Unit})
		values = append(values, m.Value)
	}
	if len(values) == 0 {
		return PackedRun{Run: r}, nil
	}
	names, err := json.Marshal(s)
	if err != nil {
		return PackedRun{}, err
	}
	data, err := json.Marshal(values)
	return PackedRun{r, string(names), string(data)}, err
}

// Inline returns names and values as one JSON value, for a row that does not
// share its names.
func (p *PackedRun) Inline() string { return `{"s":` + p.Names + `,"v":` + p.Values + `}` }

// Unpack sets the details and metrics of a run from the names and values of its
// row. With empty names, values is what Inline returned.
func Unpack(r *check.Run, names, values string) error {
	r.Details, r.Metrics = map[string]string{}, []check.Metric{}
	if values == "" {
		return nil
	}
	var both struct {
		S shape             `json:"s"`
		V []json.RawMessage `json:"v"`
	}
	if names == "" {
		if err := json.Unmarshal([]byte(values), &both); err != nil {
			return err
		}
	} else {
		if err := json.Unmarshal([]byte(names), &both.S); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(values), &both.V); err != nil {
			return err
		}
	}
	if len(both.V) != len(both.S.Details)+len(both.S.Metrics) {
		return fmt.Errorf("run %d has %d values for %d names", r.ID, len(both.V), len(both.S.Details)+len(both.S.Metrics))
	}
	return fill(r, both.S, both.V)
}

func fill(r *check.Run, s shape, values []json.RawMessage) error {
	for i, name := range s.Details {
		var v string
		if err := json.Unmarshal(values[i], &v); err != nil {
			return err
		}
		r.Details[name] = v
	}
	for i, m := range s.Metrics {
		var v float64
		if err := json.Unmarshal(values[len(s.Details)+i], &v); err != nil {
			return err
		}
		r.Metrics = append(r.Metrics, check.Metric{Name: m[0], Unit: m[1], Value: v})
	}
	return nil
}
