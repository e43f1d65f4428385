package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// SQLite checks for interruption only where a program jumps back. A program
// that produces a thousand columns of a megabyte each never does, and neither
// does one call of replace. So the allowed length of a value depends on the
// program into which a query is compiled.
const (
	maxProgram  = 20_000    // instructions
	maxMade     = 16 << 20  // bytes of all values that one pass of the program produces
	maxMatched  = 256 << 10 // bytes of a value that LIKE or GLOB searches: 0.1 s with the longest pattern
	maxSquare   = 32 << 10  // bytes of a value passed to a function of quadratic time: 0.1 s, too
	maxWeighed  = 256       // queries whose weight is cached
	unweighable = 128 << 10 // bytes of a value of PRAGMA and EXPLAIN, which are not analyzed
)

// producers lists the instructions that produce a value, which may be long.
var producers = []string{
	"AggFinal", "AggInverse", "AggStep", "AggStep1", "AggValue", "Blob", "Cast", "Column", "Concat", "Copy", "Function", "MakeRecord",
	"PureFunc", "ResultRow", "RowData", "SorterData", "String", "String8", "VColumn", "Variable",
}

// linear lists the functions whose time is linear in the length of their
// arguments or their result.
var linear = []string{
	"->", "->>", "abs", "avg", "cast", "ceil", "char", "coalesce", "count", "date", "datetime", "floor", "format", "group_concat", "hex", "ifnull",
	"iif", "json", "json_array_length", "json_extract", "json_type", "json_valid", "julianday", "length", "lower", "max", "min", "nullif",
	"octet_length", "printf", "quote", "random", "randomblob", "rank", "round", "row_number", "sqlite_version", "strftime", "string_agg",
	"substr", "substring", "sum", "time", "total", "typeof", "unhex", "unicode", "unixepoch", "upper", "zeroblob",
}

// weight describes what a program can do without checking for interruption.
type weight struct {
	producers int
	longest   int // bytes of a value that the slowest of its functions accepts
}

// value returns the allowed length of a value if all values may take room
// bytes.
func (w weight) value(room int) int {
	return max(minValue, min(w.longest, room/max(1, w.producers)))
}

// weights caches the weights of recent queries.
type weights struct {
	mu  sync.Mutex
	all map[string]weight
}

func (w *weights) known(statement string) (weight, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known, ok := w.all[statement]
	return known, ok
}

func (w *weights) keep(statement string, is weight) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil || len(w.all) >= maxWeighed {
		w.all = map[string]weight{}
	}
	w.all[statement] = is
}

// weigh analyzes the program into which SQLite compiles a statement.
func weigh(ctx context.Context, conn *sql.Conn, statement string) (w weight, err error) {
	return w, conn.Raw(func(c any) error {
		base, err := queryer(c)
		if err != nil {
			return err
		}
		rows, err := base.QueryContext(ctx, "EXPLAIN "+statement, nil)
		if err != nil {
			return err
		}
		w, err = weighProgram(ctx, rows)
		return errors.Join(err, rows.Close())
	})
}

func weighProgram(ctx context.Context, rows driver.Rows) (w weight, err error) {
	w.longest = maxValue
	const opcode, p4 = 1, 5
	instruction := make([]driver.Value, len(rows.Columns()))
	for n := 0; ; n++ {
		err := rows.Next(instruction)
		switch {
		case errors.Is(err, io.EOF):
			return w, nil
		case err != nil:
			return w, err
		case ctx.Err() != nil:
			return w, ctx.Err()
		case n >= maxProgram:
			return w, fmt.Errorf("the query is too complex: SQLite needs more than %d instructions for it", maxProgram)
		}
		name, _ := instruction[opcode].(string)
		if _, made := slices.BinarySearch(producers, name); !made {
			continue
		}
		w.producers++
		detail, _ := instruction[p4].(string)
		if calls(name) {
			w.longest = min(w.longest, longest(detail))
		}
	}
}

// calls reports whether an instruction calls a function.
func calls(name string) bool {
	return name == "Function" || name == "PureFunc" || strings.HasPrefix(name, "Agg")
}

// longest returns the longest value that a function accepts. EXPLAIN shows a
// function as its name and number of arguments, such as substr(3).
func longest(function string) int {
	name, _, _ := strings.Cut(function, "(")
	if name == "like" || name == "glob" {
		return maxMatched
	}
	if _, ok := slices.BinarySearch(linear, name); ok {
		return maxValue
	}
	return maxSquare
}
