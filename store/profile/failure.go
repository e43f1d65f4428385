package profile

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
)

// plainErrors lists the errors whose text is known to quote nothing.
var plainErrors = []error{
	context.Canceled, context.DeadlineExceeded, driver.ErrBadConn, driver.ErrRemoveArgument,
	io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded,
}

// SafeError describes an error by its type and code, as in "*pgconn.PgError:
// SQLSTATE 23505" or "*sqlite.Error: code 2067". It omits the driver's message,
// which may quote the query or the contents of the database. For common errors
// of the standard library, such as an exceeded deadline, it returns their text.
func SafeError(err error) string {
	for _, known := range plainErrors {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		if code := errorCode(cause); code != "" {
			return fmt.Sprintf("%T: %s", cause, code)
		}
		err = cause
	}
	return fmt.Sprintf("%T", err)
}

func errorCode(err error) string {
	if e, ok := err.(interface{ SQLState() string }); ok && isState(e.SQLState()) {
		return "SQLSTATE " + e.SQLState()
	}
	if e, ok := err.(interface{ Code() int }); ok {
		return fmt.Sprint("code ", e.Code())
	}
	// Other drivers, such as MySQL's, have a field for it.
	value := reflect.Indirect(reflect.ValueOf(err))
	if value.Kind() != reflect.Struct {
		return ""
	}
	for _, name := range []string{"Number", "Code"} {
		switch field := value.FieldByName(name); {
		case !field.IsValid():
		case field.CanInt():
			return fmt.Sprint("code ", field.Int())
		case field.CanUint():
			return fmt.Sprint("code ", field.Uint())
		}
	}
	return ""
}

func isState(s string) bool {
	return len(s) == 5 && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
