package databases

import (
	"maps"
	"slices"
	"sync"
	"time"

	"vega/policies"
	"vega/store/profile"
)

// samplers holds the sampler of each open database.
type samplers struct {
	mu sync.Mutex
	by map[string]*sampler
}

// get returns the sampler of a database. It creates a new one if the database was
// reopened.
func (s *samplers) get(name string, c counted) *sampler {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by[name] == nil || s.by[name].of != c {
		if s.by == nil {
			s.by = map[string]*sampler{}
		}
		s.by[name] = &sampler{of: c}
	}
	return s.by[name]
}

// Figures returns the recent figures of vega's own database and of each configured
// one, with one reading for each entry of policies.DatabaseFigures.
func (d *Set) Figures(now time.Time) []policies.Reading {
	var out []policies.Reading
	if d.own != nil {
		out = append(out, readingsIn(OwnDatabase, d.samplers.get(OwnDatabase, d.own).read(now))...)
	}
	for _, name := range slices.Sorted(maps.Keys(d.sources)) {
		if open := d.sources[name].inUse(); open != nil {
			out = append(out, readingsIn(name, d.samplers.get(name, open).read(now))...)
		} else {
			out = append(out, unopened(name)...)
		}
	}
	return out
}

func readingsIn(name string, figures map[string]figure) []policies.Reading {
	out := make([]policies.Reading, 0, len(figures))
	for path, f := range figures {
		out = append(out, policies.Reading{Resource: resource(name, path), Subject: name, Value: f.value, Unknown: f.reason})
	}
	return out
}

// unopened returns readings without values for a database that is not open yet.
func unopened(name string) []policies.Reading {
	var out []policies.Reading
	for _, f := range policies.DatabaseFigures() {
		out = append(out, policies.Reading{Resource: resource(name, f.Path), Subject: name, Unknown: "no probe has queried it yet"})
	}
	return out
}

func resource(database, path string) string { return "database." + database + "." + path }

// counted returns the database with that name, or nil if it is not open.
func (d *Set) counted(name string) counted {
	if name == OwnDatabase {
		return d.own
	}
	if s := d.source(name); s != nil {
		if open := s.inUse(); open != nil {
			return open
		}
	}
	return nil
}

// Profiler returns the profiler that records every query on the server.
func (s server) Profiler() *profile.Profiler { return s.profiler }

// LogPath returns "", because a server has no local log file.
func (s server) LogPath() string { return "" }
