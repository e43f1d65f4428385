package engine

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
)

// chunk is how much JSON is collected before it is written.
const chunk = 32 << 10

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

// encode returns the JSON of a state that is a copy of from. It returns nil if the JSON
// can't be used again.
func (i *integration) encode(r *roster, from *Report, s *State) *encoded {
	if s.RootCause != nil {
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

// appendTo appends the JSON with an age.
func (e *encoded) appendTo(b []byte, age float64) []byte {
	b = append(append(b, e.before...), ageField[:len(ageField)-1]...)
	return append(strconv.AppendFloat(b, age, 'f', -1, 64), e.after...)
}

// WriteJSON writes the health as encoding/json encodes it, report by report.
func (h *Health) WriteJSON(w io.Writer) error {
	head := *h
	head.Integrations = []Report{}
	total, at := len(h.Integrations), func(n int) Report { return h.Integrations[n] }
	if h.listed != nil {
		total, at = len(h.listed.reports), h.listed.at
	}
	return writeList(w, head, total, func(b *bytes.Buffer, n int) error { return encodeTo(b, at(n)) })
}

// WriteJSON writes the overview as encoding/json encodes it, state by state.
func (o *Overview) WriteJSON(w io.Writer) error {
	head := *o
	head.Integrations = []State{}
	if o.listed == nil {
		return writeList(w, head, len(o.Integrations), func(b *bytes.Buffer, n int) error { return encodeTo(b, o.Integrations[n]) })
	}
	return writeList(w, head, len(o.states), func(b *bytes.Buffer, n int) error {
		known := o.states[n]
		s := o.listed.state(known)
		if known.lasting {
			if e := known.integration.encode(o.listed.roster, o.listed.reports[known.n], &s); e != nil {
				b.Write(e.appendTo(b.AvailableBuffer(), s.AgeMS))
				return nil
			}
		}
		return encodeTo(b, s)
	})
}

// encodeTo appends the JSON of v.
func encodeTo(b *bytes.Buffer, v any) error {
	if err := json.NewEncoder(b).Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // without the newline
	return nil
}

// writeList writes the JSON of head, whose last field is an empty list, with as many
// elements in that list, which add appends. It keeps only a chunk of it in memory.
func writeList(w io.Writer, head any, total int, add func(b *bytes.Buffer, n int) error) error {
	var b bytes.Buffer
	if err := encodeTo(&b, head); err != nil {
		return err
	}
	b.Truncate(b.Len() - len("]}"))
	for n := range total {
		if n > 0 {
			b.WriteByte(',')
		}
		if err := add(&b, n); err != nil {
			return err
		}
		if b.Len() >= chunk {
			if _, err := b.WriteTo(w); err != nil {
				return err
			}
		}
	}
	b.WriteString("]}")
	_, err := b.WriteTo(w)
	return err
}
