package sdk

import (
	"unsafe"

	"vega/sdk/abi"
)

// Rows is the answer to a query.
type Rows struct {
	handle int32
	err    error
}

// Query runs a read-only query on a database that the configuration names: the
// value of an option of type database.
func (r *Run) Query(database, query string) (*Rows, error) {
	handle := abi.SQLQuery(database, query)
	if handle < 0 {
		return nil, failure(handle)
	}
	return &Rows{handle: handle}, nil
}

// Next goes to the next row and reports whether there is one. After it has
// answered false, Err tells whether that was the end.
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

// Err is what ended the rows before their end, or nil.
func (s *Rows) Err() error { return s.err }

// Column is a column of the current row as text; NULL is ErrNotSet.
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
