package engine

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// encoded is the JSON of a State without its age, which is all that changes from one
// request to the next while an integration does not run. It lets a page that asks
// every few seconds for thousands of integrations cost little.
type encoded struct {
	roster        *roster // which the dependencies are from
	report        *Report
	before, after []byte
}

// ageField is where the age belongs. A quote within a string is escaped, so the first
// one is that of the report.
const ageField = `"age_ms":0`

// encode returns the JSON of a state whose report is a copy of from. It returns nil
// if the JSON can't be used again.
func (i *integration) encode(r *roster, from *Report, s *State) *encoded {
	if from == nil || s.RootCause != nil {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if e := i.encoded; e != nil && e.roster == r && e.report == from {
		return e
	}
	ageless := *s
	ageless.AgeMS = 0
	b, err := json.Marshal(ageless)
	before, after, ok := bytes.Cut(b, []byte(ageField))
	if err != nil || !ok {
		return nil
	}
	i.encoded = &encoded{r, from, before, after}
	return i.encoded
}

// size estimates the length of the JSON.
func (o *Overview) size(head int) int {
	const age, unknown = 24, 400
	for _, e := range o.encoded {
		if head += age + unknown; e != nil {
			head += len(e.before) + len(e.after) - unknown
		}
	}
	return head
}

// AppendJSON appends the overview as encoding/json encodes it.
func (o *Overview) AppendJSON(to []byte) ([]byte, error) {
	head := *o
	head.Integrations = []State{}
	b, err := json.Marshal(head)
	if err != nil {
		return to, err
	}
	to = slices.Grow(to, o.size(len(b)))
	to = append(to, bytes.TrimSuffix(b, []byte("]}"))...)
	for n := range o.Integrations {
		if n > 0 {
			to = append(to, ',')
		}
		if n < len(o.encoded) && o.encoded[n] != nil {
			e := o.encoded[n]
			to = append(append(to, e.before...), ageField[:len(ageField)-1]...)
			to = append(strconv.AppendFloat(to, o.Integrations[n].AgeMS, 'f', -1, 64), e.after...)
			continue
		}
		if b, err = json.Marshal(o.Integrations[n]); err != nil {
			return to, err
		}
		to = append(to, b...)
	}
	return append(to, "]}"...), nil
}
