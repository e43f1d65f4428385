package daemon

import (
	"maps"
	"slices"
	"sync"
	"time"

	"vega/store/profile"
)

// tallies are those of the databases that are open, each for as long as it is.
type tallies struct {
	mu sync.Mutex
	by map[string]*tally
}

// of is the tally of a database by its name.
func (t *tallies) of(name string, c counted) *tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by[name] == nil || t.by[name].of != c {
		if t.by == nil {
			t.by = map[string]*tally{}
		}
		t.by[name] = &tally{of: c}
	}
	return t.by[name]
}

// databaseFigures are the figures of one database, or why there are none.
type databaseFigures struct {
	name    string
	figures map[string]figure
	reason  string
}

// at is the figure of that path; false if there is none of the kind.
func (d databaseFigures) at(path string) (figure, bool) {
	if d.reason != "" {
		return figure{reason: d.reason}, true
	}
	f, ok := d.figures[path]
	return f, ok
}

// figures are those of vega's own database, and of each that is configured.
func (d *databases) figures(t *tallies, now time.Time) []databaseFigures {
	var out []databaseFigures
	if d.own != nil {
		out = append(out, databaseFigures{name: ownDatabase, figures: t.of(ownDatabase, d.own).read(now)})
	}
	for _, name := range slices.Sorted(maps.Keys(d.sources)) {
		f := databaseFigures{name: name, reason: "no probe has asked it anything yet"}
		if open := d.sources[name].inUse(); open != nil {
			f.figures, f.reason = t.of(name, open).read(now), ""
		}
		out = append(out, f)
	}
	return out
}

// counted is the database of that name, nil if it is not open.
func (d *databases) counted(name string) counted {
	if name == ownDatabase {
		return d.own
	}
	if s := d.source(name); s != nil {
		if open := s.inUse(); open != nil {
			return open
		}
	}
	return nil
}

// Profiler tells of every query on the server.
func (s server) Profiler() *profile.Profiler { return s.profiler }

// LogPath is that of no file.
func (s server) LogPath() string { return "" }
