package plugintest

import (
	"context"
	"database/sql"
	"fmt"

	"vega/plugins"
)

// Query replays an sql query.
func (p *player) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	if err := p.meets(ctx, kindSQL); err != nil {
		return nil, err
	}
	query = p.net.Redact(query)
	n := p.pick(fmt.Sprintf("%q on the database %s", query, database), len(p.w.SQL), func(i int) bool { return p.w.SQL[i].Database == database && p.w.SQL[i].Query == query })
	if n < 0 {
		return nil, p.unanswered()
	}
	q := p.w.SQL[n]
	if q.Failed != nil {
		return nil, q.Failed.after(ctx)
	}
	if p.fault != nil && p.fault.rows != nil {
		p.touched = true
		q = p.fault.rows(q)
	}
	return &playedRows{Query: q, ctx: ctx, row: -1}, nil
}

// playedRows are the replayed rows of a query.
type playedRows struct {
	Query
	ctx context.Context
	row int
}

func (r *playedRows) Columns() ([]string, error) { return r.Query.Columns, nil }

func (r *playedRows) Next() bool {
	r.row++
	return r.row < len(r.Rows)
}

func (r *playedRows) Scan(dest ...any) error {
	for i, v := range r.Rows[r.row] {
		raw, ok := dest[i].(*sql.RawBytes)
		if !ok {
			return fmt.Errorf("column %d cannot be scanned into %T", i, dest[i])
		}
		*raw = nil
		if v != nil {
			*raw = append(sql.RawBytes{}, *v...)
		}
	}
	return nil
}

func (r *playedRows) Err() error {
	if r.Cut == nil {
		return nil
	}
	return r.Cut.after(r.ctx)
}

func (r *playedRows) Close() error { return nil }
