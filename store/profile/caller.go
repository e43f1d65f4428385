package profile

import (
	"reflect"
	"runtime"
	"strings"
)

// own is the prefix of the names of this package's functions.
var own = reflect.TypeFor[conn]().PkgPath() + "."

// caller returns the function that sent the query: the innermost one outside
// database/sql and this package, as package.Function or package.(*Type).Method.
func caller() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		frame, more := frames.Next()
		if name := frame.Function; name != "" && !strings.HasPrefix(name, own) && !strings.HasPrefix(name, "database/sql.") {
			return name[strings.LastIndexByte(name, '/')+1:]
		}
		if !more {
			return ""
		}
	}
}
