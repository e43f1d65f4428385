package advise

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"modernc.org/sqlite"
	"modernc.org/sqlite/vtab"
)

// maxBestIndex limits how often the planner may ask about one statement. For a
// join of sixty tables it asks about every possible order.
const maxBestIndex = 400

var (
	errTooMany = errors.New("the statement joins too many tables")
	errNoRows  = errors.New("a probe has no rows")
)

// use describes how a statement uses a table in one place, by what the planner
// offered to an index.
type use struct {
	table       *table
	constraints []constraint
	order       []order
}

type constraint struct {
	column *column // nil for the rowid
	op     vtab.ConstraintOp
	// alone is set if its value does not depend on another table of the join.
	alone bool
}

type order struct {
	column *column // nil for the rowid
	desc   bool
}

// probe is a copy of the schema in which every table is virtual.
type probe struct {
	db   *sql.DB
	conn *sql.Conn
	guard
	*recorder
}

// recorder is the module of the virtual tables. Only one goroutine may use it.
type recorder struct {
	tables map[string]*table
	asked  int
	uses   []*use
}

func newProbe(ctx context.Context, s *schema, objects []object, b *budget) (*probe, error) {
	p := &probe{guard: guard{budget: b}, recorder: &recorder{tables: s.tables}}
	d := &sqlite.Driver{}
	if err := d.RegisterModule("vega_probe", p.recorder); err != nil {
		return nil, err
	}
	var err error
	if p.db, p.conn, err = memory(ctx, d, p.install); err != nil {
		return nil, err
	}
	if err := p.fill(ctx, s, objects); err != nil {
		return nil, errors.Join(err, p.db.Close())
	}
	return p, nil
}

func (p *probe) fill(ctx context.Context, s *schema, objects []object) error {
	if _, err := p.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	for _, t := range s.tables {
		if _, err := p.conn.ExecContext(ctx, "CREATE VIRTUAL TABLE "+identifier(t.name)+" USING vega_probe"); err != nil {
			return err
		}
	}
	for _, o := range objects {
		if o.kind != "view" {
			continue
		}
		_, err := p.conn.ExecContext(ctx, o.sql)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		_ = err // statements on a view that cannot be copied get no advice
	}
	_, err := p.conn.ExecContext(ctx, "COMMIT")
	return err
}

// ask plans a statement and returns how it uses each table.
func (p *probe) ask(query string, params int) ([]*use, error) {
	p.asked, p.uses = 0, nil
	_, err := explain(p.conn, &p.guard, query, params)
	if p.asked > maxBestIndex {
		return nil, errTooMany
	}
	return p.uses, err
}

// Create declares a table with the columns of the original.
func (r *recorder) Create(c vtab.Context, args []string) (vtab.Table, error) {
	if len(args) < 3 || r.tables[strings.ToLower(args[2])] == nil {
		return nil, fmt.Errorf("no such table: %q", args)
	}
	t := r.tables[strings.ToLower(args[2])]
	columns := make([]string, len(t.columns))
	for i, c := range t.columns {
		columns[i] = fmt.Sprintf("%s %s COLLATE %s", identifier(c.name), c.affinity, identifier(c.collation))
	}
	return &probed{r, t}, c.Declare("CREATE TABLE x(" + strings.Join(columns, ", ") + ")")
}

// Connect is like Create, for a table that already exists.
func (r *recorder) Connect(c vtab.Context, args []string) (vtab.Table, error) {
	return r.Create(c, args)
}

// probed is one virtual table.
type probed struct {
	*recorder
	table *table
}

// BestIndex records what is offered and accepts all of it, so that the planner
// goes on to offer less. What it still offers then does not depend on another
// table.
func (p *probed) BestIndex(info *vtab.IndexInfo) error {
	if p.asked++; p.asked > maxBestIndex {
		return errTooMany
	}
	u := &use{table: p.table}
	args := 0
	for i := range info.Constraints {
		offered := &info.Constraints[i]
		if offered.Op == vtab.OpLIMIT || offered.Op == vtab.OpOFFSET {
			continue
		}
		u.constraints = append(u.constraints, constraint{p.column(offered.Column), offered.Op, offered.Usable})
		if offered.Usable {
			offered.ArgIndex = args
			args++
		}
	}
	for _, o := range info.OrderBy {
		u.order = append(u.order, order{p.column(o.Column), o.Desc})
	}
	p.note(u)
	info.EstimatedRows = 1_000_000 >> (3 * min(args, 6))
	info.EstimatedCost = float64(info.EstimatedRows)
	return nil
}

// column returns nil for the rowid, by whichever name.
func (p *probed) column(i int) *column {
	if i < 0 || i >= len(p.table.columns) || p.table.columns[i].name == p.table.rowid {
		return nil
	}
	return p.table.columns[i]
}

// note merges u with an earlier offer that differs in what was usable.
func (r *recorder) note(u *use) {
	for _, known := range r.uses {
		same := known.table == u.table && slices.Equal(known.order, u.order) &&
			slices.EqualFunc(known.constraints, u.constraints, func(a, b constraint) bool {
				return a.column == b.column && a.op == b.op
			})
		if !same {
			continue
		}
		for i, c := range u.constraints {
			known.constraints[i].alone = known.constraints[i].alone && c.alone
		}
		return
	}
	r.uses = append(r.uses, u)
}

func (p *probed) Open() (vtab.Cursor, error) { return nil, errNoRows }
func (p *probed) Disconnect() error          { return nil }
func (p *probed) Destroy() error             { return nil }

// Insert, Update and Delete exist because the planner rejects writes to a
// read-only table.
func (p *probed) Insert([]vtab.Value, *int64) error        { return errNoRows }
func (p *probed) Update(int64, []vtab.Value, *int64) error { return errNoRows }
func (p *probed) Delete(int64) error                       { return errNoRows }
