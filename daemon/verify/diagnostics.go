package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vega/daemon/diagnostics"
)

// maxReading limits how long the daemon may take to read the state of its
// machine. On an idle machine that takes 10 ms at most; a busy machine is not a
// failure of vega.
const maxReading = 500 * time.Millisecond

// machine is the part of both routes' answers that is checked.
type machine struct {
	Status     string           `json:"status"`
	DurationMS float64          `json:"duration_ms"`
	Warnings   []map[string]any `json:"warnings"`
	Memory     struct {
		Total   *uint64  `json:"system_total"`
		RSS     *uint64  `json:"process_rss"`
		Percent *float64 `json:"percent"`
	} `json:"memory"`
	CPU struct {
		Percent *float64 `json:"system_percent"`
	} `json:"cpu"`
	Threads struct {
		GoRoutines int `json:"go_routines"`
	} `json:"threads"`
	Files struct {
		Percent *float64 `json:"percent"`
	} `json:"file_descriptors"`
	Disk struct {
		Percent *float64 `json:"percent"`
	} `json:"disk"`
	Unavailable map[string]string `json:"unavailable"`
}

// diagnosed checks that the daemon reports plausible figures of its machine, in
// time.
func diagnosed(ctx context.Context, s *session) (string, error) {
	var seen string
	for _, path := range []string{"/admin/diagnostics/system", "/admin/diagnostics/health-summary"} {
		m, err := s.machine(ctx, path)
		if err != nil {
			return "", err
		}
		if err := m.sane(path); err != nil {
			return "", err
		}
		if err := s.sameMachine(ctx, path, m); err != nil {
			return "", err
		}
		seen = fmt.Sprintf("%s, %s, read in %.1f ms", m.Status, plural(len(m.Warnings), "warning"), m.DurationMS)
	}
	return seen, nil
}

// machine returns the fastest of three readings.
func (s *session) machine(ctx context.Context, path string) (best *machine, err error) {
	for range 3 {
		var m machine
		if err := s.read(ctx, path, &m); err != nil {
			return nil, err
		}
		if best == nil || m.DurationMS < best.DurationMS {
			best = &m
		}
	}
	return best, nil
}

func (m *machine) sane(path string) error {
	for _, bound := range []struct {
		what string
		ok   bool
		seen any
	}{
		{"status to be healthy, warning or error", slices.Contains([]string{"healthy", "warning", "error"}, m.Status), m.Status},
		{"warnings to be a list", m.Warnings != nil, "null"},
		{"memory.system_total to be over 0, or unavailable", positive(m.Memory.Total) || m.Memory.Total == nil && m.explains("memory"), show(m.Memory.Total)},
		{"memory.process_rss to be over 0, or unavailable", positive(m.Memory.RSS) || m.Memory.RSS == nil && m.explains("memory"), show(m.Memory.RSS)},
		{"memory.percent within 0 to 100", percentage(m.Memory.Percent), show(m.Memory.Percent)},
		{"cpu.system_percent within 0 to 100", percentage(m.CPU.Percent), show(m.CPU.Percent)},
		{"file_descriptors.percent within 0 to 100", percentage(m.Files.Percent), show(m.Files.Percent)},
		{"disk.percent within 0 to 100", percentage(m.Disk.Percent), show(m.Disk.Percent)},
		{"threads.go_routines to be over 0", m.Threads.GoRoutines > 0, m.Threads.GoRoutines},
		{"a reading within " + maxReading.String(), m.DurationMS <= float64(maxReading.Milliseconds()), fmt.Sprintf("%.0f ms", m.DurationMS)},
	} {
		if !bound.ok {
			return &failure{expected: fmt.Sprintf("in %s, %s", path, bound.what), seen: fmt.Sprint(bound.seen)}
		}
	}
	return nil
}

// explains reports whether the answer gives a reason for a missing figure.
func (m *machine) explains(part string) bool {
	for path := range m.Unavailable {
		if path == part || len(path) > len(part) && path[:len(part)+1] == part+"." {
			return true
		}
	}
	return false
}

func positive(n *uint64) bool { return n != nil && *n > 0 }

// percentage reports whether a figure is within 0 to 100, or unavailable.
func percentage(p *float64) bool { return p == nil || *p >= 0 && *p <= 100 }

func show[T any](v *T) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(*v)
}

// sameMachine compares the machine's memory with what this process reads, if the
// daemon is on this machine. It allows 1 % for memory added meanwhile.
func (s *session) sameMachine(ctx context.Context, path string, m *machine) error {
	if m.Memory.Total == nil {
		return nil
	}
	if elsewhere := s.localData(ctx); elsewhere != nil {
		return nil //nolint:nilerr // another machine can't be compared
	}
	c, err := diagnostics.New(diagnostics.Options{DataDir: s.Local.DataDir})
	if err != nil {
		return err
	}
	own, err := c.Summary(ctx)
	if closed := c.Close(); err == nil {
		err = closed
	}
	if err != nil || own.Memory.SystemTotal == nil {
		return err
	}
	here, there := float64(*own.Memory.SystemTotal), float64(*m.Memory.Total)
	if there < 0.99*here || there > 1.01*here {
		return &failure{expected: fmt.Sprintf("in %s, memory.system_total to be %.0f, as read here", path, here), seen: fmt.Sprintf("%.0f", there)}
	}
	return nil
}
