package databases

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// pipelined marks the context of a query that must not need a transaction of
// several messages.
type pipelined struct{}

// pipelineConnector opens connections that can pipeline a query.
type pipelineConnector struct{ driver.Connector }

// Connect opens a connection.
func (c pipelineConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &pipelineConn{conn.(*stdlib.Conn)}, nil
}

// readOnly makes the transaction in progress a read-only one. Like after BEGIN
// READ ONLY, no later statement can undo that.
const readOnly = "SELECT set_config('transaction_read_only', 'on', true)"

// pipelineConn is a connection to PostgreSQL that can run one query in a
// read-only transaction of a single exchange: the server begins a transaction
// with the first statement even without BEGIN, and ROLLBACK ends it.
//
// A pooler that assigns a server to each statement, as PgBouncer does with
// pool_mode = statement, refuses BEGIN. To it, this is one statement. The server
// still accepts only a single statement as the query.
type pipelineConn struct{ *stdlib.Conn }

// QueryContext runs a query.
func (c *pipelineConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if ctx.Value(pipelined{}) == nil {
		return c.Conn.QueryContext(ctx, query, args)
	}
	p := c.Conn.Conn().PgConn().StartPipeline(ctx)
	for _, statement := range []string{readOnly + ends(ctx), query, "ROLLBACK"} {
		p.SendQueryParams(statement, nil, nil, nil, nil)
	}
	err := p.Sync()
	var result *pgconn.ResultReader
	for range 2 { // the results of readOnly and of the query
		if err == nil {
			result, err = nextResult(p)
		}
	}
	rows := &pipelineRows{pipeline: p, result: result, types: c.Conn.Conn().TypeMap()}
	if err == nil {
		err = rows.start()
	}
	if err != nil {
		_ = p.Close() // the first error is the one to report
		return nil, err
	}
	return rows, nil
}

// nextResult returns the result of the next statement of a pipeline.
func nextResult(p *pgconn.Pipeline) (*pgconn.ResultReader, error) {
	found, err := p.GetResults() // it ends the result before
	if err != nil {
		return nil, err
	}
	result, ok := found.(*pgconn.ResultReader)
	if !ok {
		return nil, errors.New("the server ended the query without a result")
	}
	return result, nil
}

// pipelineRows are the rows of a pipelined query. They contain the same values as
// the rows of package stdlib.
type pipelineRows struct {
	pipeline *pgconn.Pipeline
	result   *pgconn.ResultReader
	types    *pgtype.Map
	first    bool // the row that start read has not been returned
}

// start reads the first row, or the error of a query that has none.
func (r *pipelineRows) start() (err error) {
	if r.first = r.result.NextRow(); !r.first {
		_, err = r.result.Close()
	}
	return err
}

// Columns returns the names of the columns.
func (r *pipelineRows) Columns() []string {
	fields := r.result.FieldDescriptions()
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// Next reads the next row.
func (r *pipelineRows) Next(dest []driver.Value) error {
	if !r.first && !r.result.NextRow() {
		if _, err := r.result.Close(); err != nil {
			return err
		}
		return io.EOF
	}
	r.first = false
	for i, value := range r.result.Values() {
		var err error
		if dest[i], err = r.decode(r.result.FieldDescriptions()[i], value); err != nil {
			return fmt.Errorf("convert column %d: %w", i, err)
		}
	}
	return nil
}

// decode returns a value, which the server sent as text.
func (r *pipelineRows) decode(f pgconn.FieldDescription, value []byte) (driver.Value, error) {
	if value == nil {
		return nil, nil
	}
	switch f.DataTypeOID {
	case pgtype.BoolOID, pgtype.ByteaOID, pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID,
		pgtype.Float4OID, pgtype.Float8OID, pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		known, _ := r.types.TypeForOID(f.DataTypeOID) // a type of the driver
		return known.Codec.DecodeDatabaseSQLValue(r.types, f.DataTypeOID, f.Format, value)
	default:
		return string(value), nil
	}
}

// Close reads the rest of the result, and waits until the transaction has ended.
func (r *pipelineRows) Close() error {
	_, err := r.result.Close()
	return errors.Join(err, r.pipeline.Close())
}
