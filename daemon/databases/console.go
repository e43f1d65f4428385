package databases

import (
	"database/sql"
	"strings"

	"github.com/jackc/pgx/v5"

	"vega/daemon/databases/accept"
	"vega/plugins"
	"vega/store/profile"
)

// onConsole reports whether a connection leads to the admin console of
// PgBouncer, which reports its version as "1.25.0/bouncer". It speaks
// PostgreSQL's simple protocol, but knows neither transactions nor sessions.
func onConsole(conn *sql.Conn) (yes bool) {
	_ = conn.Raw(func(top any) error { // the error is nil
		if c, ok := profile.Unwrap(top).(*pipelineConn); ok {
			yes = strings.HasSuffix(c.Conn.Conn().PgConn().ParameterStatus("server_version"), "/bouncer")
		}
		return nil
	})
	return yes
}

// onConsole runs a query on the admin console of PgBouncer.
func (q *session) onConsole(query string) (plugins.Rows, error) {
	if err := accept.ConsoleQuery(query); err != nil {
		return nil, refused(err)
	}
	rows, err := q.conn.QueryContext(q.ctx, query, pgx.QueryExecModeSimpleProtocol) //nolint:rowserrcheck // the caller checks Err
	if err != nil {
		return nil, q.bound.explain(err)
	}
	return &txRows{rows, q.bound, func() error { return q.release(true) }}, nil
}
