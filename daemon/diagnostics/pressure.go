package diagnostics

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Pressure is the kernel's pressure stall information (PSI): how long tasks waited
// for each resource.
type Pressure struct {
	CPU    *Stall `json:"cpu"`
	Memory *Stall `json:"memory"`
	IO     *Stall `json:"io"`
}

// Stall is how long some, or all, tasks waited for a resource.
type Stall struct {
	Some Stalled  `json:"some"`
	Full *Stalled `json:"full"` // all tasks at the same time, so no work was done; meaningless for the CPUs of a whole host
}

// Stalled is the time that tasks waited: as a percentage of the last 10, 60 and 300
// seconds, and in total.
type Stalled struct {
	Avg10   float64 `json:"avg10"`
	Avg60   float64 `json:"avg60"`
	Avg300  float64 `json:"avg300"`
	TotalMS float64 `json:"total_ms"`
}

var errOldKernel = errors.New("not reported by kernels before 5.13")

// newPressure reads and parses the pressure of each resource.
func newPressure(read func(resource string) (string, error), name string, g gaps) Pressure {
	stall := func(resource string) *Stall {
		text, err := read(resource)
		if err != nil {
			g.note(name+"."+resource, err)
			return nil
		}
		s, err := parseStall(text)
		if err == nil && s.Full == nil {
			g.note(name+"."+resource+".full", errOldKernel)
		}
		return orNil(g, name+"."+resource, s, err)
	}
	return Pressure{CPU: stall("cpu"), Memory: stall("memory"), IO: stall("io")}
}

// parseStall parses the lines "some" and "full". For the CPU, old kernels write only
// "some".
func parseStall(text string) (Stall, error) {
	var s Stall
	for line := range strings.Lines(text) {
		kind, figures, _ := strings.Cut(strings.TrimSpace(line), " ")
		into := &s.Some
		switch kind {
		case "some":
		case "full":
			into = new(Stalled)
			s.Full = into
		default:
			continue
		}
		if err := into.parse(figures); err != nil {
			return Stall{}, fmt.Errorf("parse the pressure %q: %w", strings.TrimSpace(line), err)
		}
	}
	if !strings.HasPrefix(text, "some ") {
		return Stall{}, fmt.Errorf("parse the pressure: unexpected text %q", text)
	}
	return s, nil
}

func (s *Stalled) parse(figures string) error {
	for pair := range strings.FieldsSeq(figures) {
		name, text, _ := strings.Cut(pair, "=")
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		switch name {
		case "avg10":
			s.Avg10 = v
		case "avg60":
			s.Avg60 = v
		case "avg300":
			s.Avg300 = v
		case "total":
			s.TotalMS = v / 1000
		}
	}
	return nil
}
