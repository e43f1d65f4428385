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

// Errors whose text is known to quote nothing.
var harmless = []error{
	context.Canceled, context.DeadlineExceeded, driver.ErrBadConn, driver.ErrRemoveArgument,
	io.EOF, io.ErrUnexpectedEOF, os.ErrDeadlineExceeded,
}

// SafeError describes an error without the driver's message, which may quote
// the query or what the database holds: by its type and its code, as in
// "*pgconn.PgError: SQLSTATE 23505" or "*sqlite.Error: code 2067". Of an error
// that every program knows, such as a deadline's, it gives the text.
func SafeError(err error) string {
	for _, known := range harmless {
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
	// Others have a field for it, such as MySQL's driver.
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
