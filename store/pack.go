package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
	var both struct {
		S shape             `json:"s"`
		V []json.RawMessage `json:"v"`
	}
	switch {
	case values == "":
		both.S.clear(r)
		return nil
	case names == "":
		if err := json.Unmarshal([]byte(values), &both); err != nil {
			return err
		}
		return fill(r, &both.S, both.V)
	}
	if err := json.Unmarshal([]byte(names), &both.S); err != nil {
		return err
	}
	if fillPlain(r, &both.S, values) {
		return nil
	}
	if err := json.Unmarshal([]byte(values), &both.V); err != nil {
		return err
	}
	return fill(r, &both.S, both.V)
}

func fill(r *check.Run, s *shape, values []json.RawMessage) error {
	if len(values) != len(s.Details)+len(s.Metrics) {
		return fmt.Errorf("run %d has %d values for %d names", r.ID, len(values), len(s.Details)+len(s.Metrics))
	}
	s.clear(r)
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

// clear gives a run empty details and metrics with room for those of the shape.
func (s *shape) clear(r *check.Run) {
	r.Details, r.Metrics = make(map[string]string, len(s.Details)), make([]check.Metric, 0, len(s.Metrics))
}

// fillPlain does what fill does, ten times as fast, for a list as json.Marshal writes it
// and whose texts have no escapes. It returns false for any other list.
func fillPlain(r *check.Run, s *shape, list string) bool {
	rest, ok := strings.CutPrefix(list, "[")
	if !ok {
		return false
	}
	s.clear(r)
	for n := range len(s.Details) + len(s.Metrics) {
		if n > 0 {
			if rest, ok = strings.CutPrefix(rest, ","); !ok {
				return false
			}
		}
		if n < len(s.Details) {
			var text string
			if text, rest, ok = cutText(rest); !ok {
				return false
			}
			r.Details[s.Details[n]] = text
			continue
		}
		var value float64
		if value, rest, ok = cutNumber(rest); !ok {
			return false
		}
		m := s.Metrics[n-len(s.Details)]
		r.Metrics = append(r.Metrics, check.Metric{Name: m[0], Unit: m[1], Value: value})
	}
	return rest == "]"
}

// cutText returns the JSON string that s begins with, if it has no escapes, and the rest.
func cutText(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	ascii := true
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			text = s[1:i]
			return text, s[i+1:], ascii || utf8.ValidString(text)
		case c == '\\' || c < ' ':
			return "", s, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", s, false
}

// cutNumber returns the JSON number that s begins with, and the rest.
func cutNumber(s string) (value float64, rest string, ok bool) {
	end := strings.IndexFunc(s, func(c rune) bool { return (c < '0' || c > '9') && !strings.ContainsRune("+-.eE", c) })
	if end <= 0 {
		return 0, s, false
	}
	value, err := strconv.ParseFloat(s[:end], 64)
	return value, s[end:], err == nil
}
