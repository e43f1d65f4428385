package eval

import (
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
	"vega/sdk/condition"
)

// misformed reports a value that does not have the format of its option, at the
// entry that is wrong.
func misformed(out *diag.Collector, t *bind.Slot, wrong *manifest.FormatError) {
	at := t.Expr.At
	for i := 0; t.Expr.Kind == syntax.MapExpr && i+1 < len(t.Expr.Items); i += 2 {
		if t.Expr.Items[i].Text != wrong.Entry {
			continue
		}
		if at = t.Expr.Items[i+1].At; wrong.InKey {
			at = t.Expr.Items[i].At
		}
	}
	out.Err(diag.OutOfBounds, at, t.Row.Name+": "+wrong.Text+".", wrong.Fix)
}

// exact returns a number as written. An element of type any that a float64
// would change, such as 9007199254740993, is passed on as text: a probe reads
// the same digits either way.
func exact(e *syntax.Expr, t manifest.Type) manifest.Value {
	if t != manifest.Any || e.At.Source == nil {
		return e.Num
	}
	written := strings.TrimPrefix(string(e.At.Source.Text[e.At.Start:e.At.End]), "+")
	number := strings.TrimLeft(strings.TrimPrefix(written, "-"), " \t")
	if strings.HasPrefix(written, "-") {
		number = "-" + number
	}
	if condition.SameNumber(number, strconv.FormatFloat(e.Num, 'f', -1, 64)) || !condition.SameNumber(number, number) {
		return e.Num
	}
	return manifest.Plain(number)
}
