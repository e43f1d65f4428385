package diagnostics

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Pressure is how much tasks waited for want of something (the kernel's PSI).
type Pressure struct {
	CPU    *Stall `json:"cpu"`
	Memory *Stall `json:"memory"`
	IO     *Stall `json:"io"`
}

// Stall is the share of time in which some, or all, tasks waited.
type Stall struct {
	Some Stalled  `json:"some"`
	Full *Stalled `json:"full"` // all at once: nothing got done. Of no meaning for the host's processors
}

// Stalled is the share of the last 10, 60 and 300 seconds, and the time in all.
type Stalled struct {
	Avg10   float64 `json:"avg10"`
	Avg60   float64 `json:"avg60"`
	Avg300  float64 `json:"avg300"`
	TotalMS float64 `json:"total_ms"`
}

var errOldKernel = errors.New("the kernel does not tell: it is older than 5.13")

// newPressure asks read for the text of each resource.
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
		return had(g, name+"."+resource, s, err)
	}
	return Pressure{CPU: stall("cpu"), Memory: stall("memory"), IO: stall("io")}
}

// parseStall reads the two lines that the kernel writes, of which old kernels
// write only the first for processors.
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
			return Stall{}, fmt.Errorf("read the pressure %q: %w", strings.TrimSpace(line), err)
		}
	}
	if !strings.HasPrefix(text, "some ") {
		return Stall{}, fmt.Errorf("the kernel wrote %q, which is no pressure", text)
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
