package diagnostics

import (
	"path"
	"time"
)

// lookAgain is how long the place of what is counted is taken to be the same:
// an orchestrator may move this process, or give it a quota.
const lookAgain = 10 * time.Second

// waiting returns what reads the counts of tasks that waited for a processor.
// It is for one caller at a time.
func (s *system) waiting() func() waited {
	var pressure, stat string
	var v2 bool
	var looked time.Time
	return func() waited {
		if now := time.Now(); now.Sub(looked) >= lookAgain {
			pressure, stat, v2 = s.pressureFile(), "", false
			if q := s.quota(); q != nil {
				stat, v2 = s.statFile(q.path)
			}
			looked = now
		}
		var w waited
		if text, err := slurp(pressure); err == nil {
			w.pressure = stalledFor(text)
		}
		if stat == "" {
			return w
		}
		if text, err := slurp(stat); err == nil {
			w.throttled = throttledFor(text, v2)
		}
		return w
	}
}

// pressureFile is the container's, where it has one.
func (s *system) pressureFile() string {
	g, err := s.cgroups()
	if err == nil {
		if h, ok := g.trees[""]; ok {
			file := h.file(h.path, "cpu.pressure")
			if _, err := slurp(file); err == nil {
				return file
			}
		}
	}
	return path.Join("/", s.root, "proc/pressure/cpu")
}

func (s *system) statFile(level string) (file string, v2 bool) {
	g, err := s.cgroups()
	if err != nil {
		return "", false
	}
	h, err := g.tree("cpu")
	if err != nil {
		return "", false
	}
	return h.file(level, "cpu.stat"), h.v2
}

// stalledFor is the total of the line "some avg10=… total=µs".
func stalledFor(text string) *time.Duration {
	stall, err := parseStall(text)
	if err != nil {
		return nil
	}
	d := time.Duration(stall.Some.TotalMS * float64(time.Millisecond))
	return &d
}

func throttledFor(text string, v2 bool) *time.Duration {
	name, unit := "throttled_time", time.Nanosecond
	if v2 {
		name, unit = "throttled_usec", time.Microsecond
	}
	n, ok := lookUp(text, name)
	if !ok {
		return nil
	}
	d := time.Duration(n) * unit
	return &d
}
