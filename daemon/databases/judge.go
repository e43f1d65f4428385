package databases

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"vega/plugins/fault"
)

// judge returns the kind of a driver's error by the table of package fault: a
// fault.End, or a *fault.Own if vega is at fault. An error without a code is
// the server's doing, because a driver reads what the server sent.
func judge(err error) error {
	end, own := fault.Judge(err, fault.Target)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		end, own = fault.SQLState(pg.Code), nil
	} else if my, ok := errors.AsType[*mysql.MySQLError](err); ok {
		end, own = fault.MySQL(my.Number, strings.Trim(string(my.SQLState[:]), "\x00")), nil
	} else if _, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrNotExist) { // the file is the target
		return fault.Target
	} else if lite, ok := errors.AsType[sqliteError](err); ok {
		end, own = fault.SQLite(lite.Code()), nil
		if errors.Is(err, fs.ErrNotExist) { // the file is the target
			end = fault.Target
		}
	}
	if end != fault.Unavailable {
		return end
	}
	if lite, ok := errors.AsType[sqliteError](err); ok && own == nil && fixes[lite.Code()] != "" {
		own = fault.New(nil, fmt.Sprintf("vega may only read the database file, and SQLite would have to write first (error %d)", lite.Code()), fixes[lite.Code()])
	}
	if own == nil {
		own = fault.New(nil, "vega could not use the database file", "check that vega's user may read it, and the memory and disk space of vega's machine")
	}
	return own
}

// What to do if SQLite has to write before it can read, by its extended result
// code.
const (
	repair = "open it once with a program that may write, such as sqlite3: the program that wrote to it last was stopped in the middle of a transaction"
	shared = "its write-ahead log needs files next to it: give vega's user write access to its directory, or keep the program that uses it running"
)

var fixes = map[int]string{264: shared, 520: shared, 776: repair, 1288: shared, 1544: shared}

// sqliteError is the error of the SQLite driver, which only package
// store/sqlite imports.
type sqliteError interface {
	error
	Code() int
}
