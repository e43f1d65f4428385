package salvage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vega/policies/check"
	"vega/store"
)

// lostName stands for the name of a probe or the digest of a module that could
// not be read.
const lostName = "(lost)"

const (
	findName = `SELECT id FROM run_names WHERE name = ?`
	addName  = `INSERT INTO run_names (name) VALUES (?)`
	textOf   = `SELECT name FROM run_names WHERE id = ?`
	sameRun  = `SELECT id FROM runs WHERE integration = ? AND began = ? AND took = ? AND message = ? AND status = ? AND cause = ? LIMIT 1`
)

// numbering decides about the numbers of added rows.
type numbering struct {
	empty   bool  // only rows of the source are in the table: all numbers are kept
	highest int64 // number in the table

	started bool  // the following fields are set
	first   int64 // highest number before rows were added
	offset  int64 // between the numbers of newer rows there and here
}

// look finds the highest number in a table. Another writer's rows show in it.
func (s *sink) look(ctx context.Context, t *table, n *numbering) error {
	var highest int64
	_, err := s.find(ctx, &highest, `SELECT coalesce(max(`+quote(t.columns[t.number].name)+`), 0) FROM `+quote(t.name))
	n.empty = n.empty && highest == n.highest
	if n.highest = highest; !n.started {
		n.started, n.first = true, highest
	}
	return err
}

// insertNumbered adds a row with its number unless another row has that.
func (s *sink) insertNumbered(ctx context.Context, r *row) (outcome, error) {
	o, err := s.insert(ctx, r.of.insert()+` ON CONFLICT DO NOTHING`, r.values)
	if n := s.ids[r.of.name]; err == nil && o == added {
		number, _ := r.values[r.of.number].(int64)
		n.highest = max(n.highest, number)
	}
	return o, err
}

// putName adds a name that runs share, and remembers its new number.
func (s *sink) putName(ctx context.Context, r *row) (outcome, error) {
	name, number := r.text("name"), r.integer("id")
	if len(name) > maxShared || strings.ContainsRune(name, 0) || len(s.names) >= maxNames {
		return refused, nil
	}
	id, o, err := s.nameID(ctx, name)
	if err == nil {
		s.names[number] = id
	}
	return o, err
}

// maxShared is the maximum length of a name that runs share, in bytes. Names of
// integrations and probes are much shorter.
const maxShared = max(store.MaxNames, 4<<10)

func (s *sink) nameID(ctx context.Context, name string) (int64, outcome, error) {
	var id int64
	ok, err := s.find(ctx, &id, findName, name)
	if err != nil || ok {
		return id, known, err
	}
	done, err := s.exec(ctx, addName, name)
	if err != nil {
		return 0, refused, err
	}
	id, err = done.LastInsertId()
	return id, added, err
}

// putRun adds a run with the database's numbers for its names.
func (s *sink) putRun(ctx context.Context, r *row) (outcome, error) {
	integration, ok := s.names[r.integer("integration")]
	if !ok || !saneRun(r) {
		return refused, nil
	}
	lost := false
	for _, column := range []string{"probe", "digest"} {
		id, ok := s.names[r.integer(column)]
		if !ok {
			var err error
			if id, _, err = s.nameID(ctx, lostName); err != nil {
				return refused, err
			}
			lost = true
		}
		r.set(column, id)
	}
	r.set("integration", integration)
	unnamed, err := s.nameValues(ctx, r)
	if err != nil {
		return refused, err
	}
	o, err := s.numberRun(ctx, r)
	if o == added && (lost || unnamed) {
		o = incomplete
	}
	return o, err
}

// saneRun reports whether vega can have written the run.
func saneRun(r *row) bool {
	_, _, err := store.DecodeStatus(int(r.integer("status")), int(r.integer("cause")))
	for _, column := range []string{"late", "pressure", "throttled"} {
		if r.integer(column) < 0 {
			return false
		}
	}
	switch r.get("correlation_id").(type) {
	case nil, string, []byte:
	default:
		return false
	}
	return err == nil && r.integer("id") > 0 && r.integer("took") >= 0 && saneTime(time.UnixMilli(r.integer("began")))
}

// saneTime reports whether vega can store the time.
func saneTime(at time.Time) bool {
	y := at.UTC().Year()
	return y >= 1970 && y <= 9999
}

// nameValues sets the number of the names of a run's details and metrics. It
// reports whether they can't be read: then the run has none.
func (s *sink) nameValues(ctx context.Context, r *row) (lost bool, err error) {
	shape := r.integer("shape")
	names := ""
	if shape != 0 {
		id, ok := s.names[shape]
		if !ok {
			r.set("shape", int64(0))
			r.set("data", "")
			return true, nil
		}
		shape = id
		if names, err = s.nameText(ctx, id); err != nil {
			return false, err
		}
	}
	if lost = store.Unpack(&check.Run{}, names, r.text("data")) != nil; lost {
		shape = 0
		r.set("data", "")
	}
	r.set("shape", shape)
	return lost, nil
}

// nameText returns a name by its number in the database.
func (s *sink) nameText(ctx context.Context, id int64) (text string, err error) {
	if text, ok := s.texts[id]; ok {
		return text, nil
	}
	if _, err := s.find(ctx, &text, textOf, id); err != nil {
		return "", err
	}
	if len(s.texts) >= 1000 {
		clear(s.texts)
	}
	s.texts[id] = text
	return text, nil
}

// numberRun adds a run unless it is there. Runs are numbered in the order in
// which they ended. Newer runs keep their numbers if these are higher than those
// in the table, or else all move up. An older one keeps its number; runs in its
// way move up.
func (s *sink) numberRun(ctx context.Context, r *row) (outcome, error) {
	n := s.ids["runs"]
	if n.empty {
		return s.insertNumbered(ctx, r)
	}
	var id int64
	same, err := s.find(ctx, &id, sameRun, r.get("integration"), r.get("began"), r.get("took"), r.get("message"), r.get("status"), r.get("cause"))
	if err != nil || same {
		return known, err
	}
	if s.newer {
		if n.offset == 0 && r.integer("id") <= n.first {
			n.offset = n.first
		}
		r.set("id", r.integer("id")+n.offset)
		if o, err := s.insertNumbered(ctx, r); err != nil || o != known {
			return o, err
		}
		r.set("id", n.highest+1) // another writer has taken the number
		return s.insertNumbered(ctx, r)
	}
	o, err := s.insertNumbered(ctx, r)
	if err != nil || o != known {
		return o, err
	}
	if err := s.makeRoom(ctx, r.integer("id")); err != nil {
		return refused, err
	}
	return s.insertNumbered(ctx, r)
}

// makeRoom moves all runs from a number up beyond the highest number of the
// source, so that older runs get the numbers below.
func (s *sink) makeRoom(ctx context.Context, from int64) error {
	n := s.ids["runs"]
	by := max(n.highest, s.highestRun) - from + 1
	if _, err := s.exec(ctx, `UPDATE runs SET id = id + ? WHERE id >= ?`, by, from); err != nil {
		return fmt.Errorf("renumber newer runs: %w", err)
	}
	n.highest += by
	return nil
}
