package eval

import (
	"fmt"
	"strconv"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// objects evaluates a list of objects. Each is a section of its own, so that its
// fields are bound, evaluated and checked like the options of a probe.
func objects(ev *Evaluator, s *bind.Section, t *bind.Slot) (manifest.Value, bind.State) {
	if err := t.Row.Length(len(t.Expr.Items)); err != nil {
		ev.out.Err(diag.OutOfBounds, t.Expr.At, err.Error()+".", lengthFix(t.Row))
		return nil, bind.Bad
	}
	out, result := make([]manifest.Value, 0, len(t.Expr.Items)), bind.Present
	for i, e := range t.Expr.Items {
		one, state := object(ev, s, t, e, i)
		result = max(result, state)
		out = append(out, one)
	}
	if result != bind.Present {
		return nil, result
	}
	for _, again := range t.Row.Repeated(out) {
		field := t.Objects[again.Object].Slot(again.Field)
		ev.out.Err(diag.Twice, field.Expr.At, fmt.Sprintf("An earlier element of %s has this %s.", t.Row.Name, again.Field), "use another "+again.Field)
		result = bind.Bad
	}
	for _, h := range t.Row.Unfilled(out) {
		unfilled(ev, t, h)
		result = bind.Bad
	}
	return out, result
}

// unfilled reports a {name} that stands for nothing.
func unfilled(ev *Evaluator, t *bind.Slot, h manifest.Hole) {
	e := t.Objects[h.Object].Slot(h.Field).Expr
	for i := 0; e.Kind == syntax.MapExpr && i+1 < len(e.Items); i += 2 {
		if e.Items[i].Text == h.Entry {
			e = e.Items[i+1]
			break
		}
	}
	fix := fmt.Sprintf("take it in an element before this one, or write {{%s}} for the text {%s} itself", h.Name, h.Name)
	detail := fmt.Sprintf("No element of %s before this one takes %q.", t.Row.Name, diag.Clip(h.Name))
	if h.Later {
		detail = fmt.Sprintf("%q is not taken before this element of %s, but in it or after it.", diag.Clip(h.Name), t.Row.Name)
		fix = "move the element that takes it before this one"
	} else if near := diag.Nearest(h.Name, h.Taken); near != "" {
		fix = "use {" + near + "}"
	}
	ev.out.Err(diag.Dangling, e.At, detail, fix)
}

// lengthFix returns the fix for a list of objects with too few or too many.
func lengthFix(r *schema.Row) string {
	return fmt.Sprintf("write from 1 to %d elements, such as %s", manifest.MaxObjects, schema.Example(r))
}

// object evaluates one element of a list of objects.
func object(ev *Evaluator, s *bind.Section, t *bind.Slot, e *syntax.Expr, index int) (manifest.Value, bind.State) {
	if e.Kind != syntax.MapExpr {
		return ev.convert(e, want{t.Row, s.Off}, manifest.Object)
	}
	fields := *t.Row.Object
	fields.Name += "[" + strconv.Itoa(index) + "]"
	in := &bind.Section{Owner: s.Owner, Broken: s.Broken, Off: s.Off}
	reported := ev.out.Errors()
	bind.Object(e, &fields, ev.table, in, ev.out)
	bound := ev.out.Errors() == reported
	t.Objects = append(t.Objects, in)
	complete := ev.Evaluate(in)
	values := make(map[string]manifest.Value, len(fields.Rows))
	for i := range fields.Rows {
		if v, state := ev.Value(in, fields.Rows[i].Name); state == bind.Present {
			values[fields.Rows[i].Name] = v
		}
	}
	switch {
	case !bound || in.Broken || anySlot(in, bind.Bad):
		return nil, bind.Bad
	case anySlot(in, bind.Unknown):
		return nil, bind.Unknown
	case !complete && !in.Off:
		return nil, bind.Bad
	default:
		return values, bind.Present
	}
}

// anySlot reports whether an attribute of the section has that state.
func anySlot(s *bind.Section, state bind.State) bool {
	for _, t := range s.Slots {
		if t.State == state {
			return true
		}
	}
	return false
}
