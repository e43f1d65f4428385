package sdk

import (
	"unsafe"

	"vega/sdk/abi"
)

// Rows is the result of a query.
type Rows struct {
	handle int32
	err    error
}

// Query runs a read-only query on a configured database, named by an option of
// type database.
func (r *Run) Query(database, query string) (*Rows, error) {
	handle := abi.SQLQuery(database, query)
	if handle < 0 {
		return nil, failure(handle)
	}
	return &Rows{handle: handle}, nil
}

// Next advances to the next row and reports whether there is one. After it
// returns false, Err reports whether an error ended the rows.
func (s *Rows) Next() bool {
	if s.err != nil {
		return false
	}
	n := abi.SQLNext(s.handle)
	if n < 0 {
		s.err = failure(n)
	}
	return n == 1
}

// Err returns the error that ended the rows early, or nil.
func (s *Rows) Err() error { return s.err }

// Column returns a column of the current row as text; NULL is ErrNotSet.
func (s *Rows) Column(i int) (string, error) {
	return whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.SQLColumn(s.handle, int32(i), buf, size)
	})
}

// Close frees the rows before the run ends.
func (s *Rows) Close() error {
	abi.Close(s.handle)
	return nil
}
