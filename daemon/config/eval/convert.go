package eval

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// read evaluates a slot, once.
func (ev *Evaluator) read(s *bind.Section, t *bind.Slot) {
	switch t.State {
	case bind.Unread:
		t.State = bind.Reading
		ev.reading = append(ev.reading, pathOf(s, t))
		if t.Row.Object != nil && t.Expr.Kind == syntax.ListExpr {
			t.Value, t.State = objects(ev, s, t)
		} else {
			t.Value, t.State = ev.convert(t.Expr, want{t.Row, s.Off}, t.Row.Type)
		}
		ev.reading = ev.reading[:len(ev.reading)-1]
		if t.State == bind.Present && t.Row.Object == nil {
			t.State = ev.constrain(t)
		}
	case bind.Reading:
		t.State = bind.Bad
		name := pathOf(s, t)
		cycle := append(slices.Clone(ev.reading[max(0, slices.Index(ev.reading, name)):]), name)
		ev.out.Err(diag.Cycle, t.Expr.At, fmt.Sprintf("This is a circular reference: %s.", strings.Join(cycle, " → ")), "replace one of the references with a value")
	}
}

// pathOf returns the name by which other attributes refer to one.
func pathOf(s *bind.Section, t *bind.Slot) string {
	if s.Schema.Name == "" {
		return t.Row.Name
	}
	return s.Schema.Name + "." + t.Row.Name
}

// constrain checks a value against the bounds of its row.
func (ev *Evaluator) constrain(t *bind.Slot) bind.State {
	if t.Row.Sensitive {
		ev.addSecrets(t.Value)
	}
	whole, isNumber := t.Value.(float64)
	if t.Row.Type == schema.Whole && isNumber && whole != float64(int64(whole)) {
		ev.out.Err(diag.WrongType, t.Expr.At, t.Row.Name+" must be a whole number.", "remove the fraction")
		return bind.Bad
	}
	err := t.Row.Constrain(t.Value)
	if err == nil {
		ev.usual(t)
		return bind.Present
	}
	if wrong := manifest.FormatErrors(err); len(wrong) > 0 {
		for _, w := range wrong {
			misformed(ev.out, t, w)
		}
		return bind.Bad
	}
	got := ""
	if v := schema.Shown(t.Value); v != "" && !t.Row.Sensitive && !t.Expr.Computed() {
		got = ", not " + v
	}
	if ev.notAllowed(t) {
		return bind.Bad
	}
	fix, instead := boundsFix(t)
	ev.out.Err(diag.OutOfBounds, t.Expr.At, fmt.Sprintf("%s must be %s%s.", t.Row.Name, schema.Bounds(t.Row), got), fix).Suggest(t.Expr.At, instead)
	return bind.Bad
}

// convert evaluates an expression as a value of type t.
func (ev *Evaluator) convert(e *syntax.Expr, w want, t manifest.Type) (manifest.Value, bind.State) {
	switch {
	case e.Kind == syntax.BadExpr:
		return nil, bind.Bad
	case t == schema.Anything:
		return ev.constant(e)
	case t == schema.Probe:
		return ev.probeName(e)
	case t == schema.Figure:
		return configuration{ev}.figure(e, w)
	case e.Kind == syntax.RefExpr:
		return ev.lang.reference(e, w, t)
	}
	switch t {
	case manifest.List:
		return ev.list(e, w)
	case manifest.Map:
		return ev.mapping(e, w)
	case manifest.Object:
		return ev.mismatch(e, w, t)
	case manifest.Bool:
		if e.Kind == syntax.BoolExpr {
			return e.Num == 1, bind.Present
		}
		if isTyped(e) {
			return typedText{ev}.value(e, w, t)
		}
		if e.Kind == syntax.CallExpr && e.Text == "env_set" {
			return ev.envSet(e)
		}
	case manifest.Number, schema.Whole:
		if e.Kind == syntax.NumExpr {
			return e.Num, bind.Present
		}
		if isTyped(e) {
			return typedText{ev}.value(e, w, t)
		}
	case manifest.DurationType, manifest.SizeType:
		return ev.measure(e, w, t)
	case manifest.Database, schema.Integration, schema.Notifier:
		return ev.mismatch(e, w, t)
	case manifest.Any, schema.Bound, schema.Quantity:
		if e.Kind == syntax.NumExpr {
			return exact(e, t), bind.Present
		}
		if e.Kind == syntax.BoolExpr && t == manifest.Any {
			return e.Num == 1, bind.Present
		}
		return ev.texts(e, w, t)
	default:
		return ev.texts(e, w, t)
	}
	return ev.mismatch(e, w, t)
}

func (ev *Evaluator) list(e *syntax.Expr, w want) (manifest.Value, bind.State) {
	if e.Kind != syntax.ListExpr {
		return ev.mismatch(e, w, manifest.List)
	}
	out, result := make([]manifest.Value, 0, len(e.Items)), bind.Present
	for _, item := range e.Items {
		v, s := ev.convert(item, w, w.Element())
		result = ev.worse(result, s, item, w)
		out = append(out, v)
	}
	if result != bind.Present {
		return nil, result
	}
	return out, bind.Present
}

func (ev *Evaluator) mapping(e *syntax.Expr, w want) (manifest.Value, bind.State) {
	if e.Kind != syntax.MapExpr {
		return ev.mismatch(e, w, manifest.Map)
	}
	out, result := make(map[string]manifest.Value, len(e.Items)/2), bind.Present
	for i := 0; i+1 < len(e.Items); i += 2 {
		key := e.Items[i]
		if key.Kind != syntax.TextExpr {
			result = bind.Bad
			continue
		}
		if _, again := out[key.Text]; again {
			ev.out.Err(diag.Twice, key.At, fmt.Sprintf("The key %q is already in this map.", diag.Clip(key.Text)), "keep one of the two")
			result = bind.Bad
		}
		v, s := ev.convert(e.Items[i+1], w, w.Element())
		result = ev.worse(result, s, e.Items[i+1], w)
		out[key.Text] = v
	}
	if result != bind.Present {
		return nil, result
	}
	return out, bind.Present
}

// worse returns the state of a list or map after one more element. An element
// that is not set leaves the whole list or map unset. Since nobody would
// notice, worse reports that.
func (ev *Evaluator) worse(sum, s bind.State, e *syntax.Expr, w want) bind.State {
	if s == bind.Absent && !w.off && !w.Required {
		ev.out.Warn(diag.PartlySet, e.At, fmt.Sprintf("%s is left unset, because one of its elements has no value: %s.", w.Name, ev.WhyAbsent(e)), "set that variable, or remove this element")
	}
	if sum == bind.Bad || s == bind.Bad {
		return bind.Bad
	}
	return max(sum, s)
}

// shellWord matches what a shell would replace with a variable.
var shellWord = regexp.MustCompile(`(?:^|[^$\\A-Za-z0-9])\$[A-Z][A-Z0-9_]{2,}(?:$|[^A-Za-z0-9_])`)

// texts evaluates a string and checks it against its type.
func (ev *Evaluator) texts(e *syntax.Expr, w want, t manifest.Type) (manifest.Value, bind.State) {
	v, s := ev.text(e, w, t)
	if s != bind.Present {
		return nil, s
	}
	if e.Kind == syntax.TextExpr && shellWord.MatchString(e.Text) {
		ev.out.Warn(diag.Unusual, e.At, fmt.Sprintf("%s contains a word such as $NAME, which vega does not replace with a variable.", w.Name), `use ${env("NAME")} in its place, or ignore this warning if you mean the text`)
	}
	return textChecker{ev.out}.check(v, e, w, t)
}

// text joins the parts of a string, and marks those from env() and file() as
// secret.
func (ev *Evaluator) text(e *syntax.Expr, w want, t manifest.Type) (manifest.Text, bind.State) {
	switch e.Kind {
	case syntax.TextExpr:
		return manifest.Plain(e.Text), bind.Present
	case syntax.CallExpr:
		return ev.call(e, w)
	case syntax.RefExpr:
		v, s := ev.lang.reference(e, w, manifest.Any)
		return asText(v), s
	case syntax.TmplExpr:
		var out manifest.Text
		result := bind.Present
		for _, item := range e.Items {
			part, s := ev.part(item, w)
			if s == bind.Bad || result == bind.Bad {
				result = bind.Bad
				continue
			}
			result = max(result, s)
			out = append(out, part...)
		}
		return out, result
	case syntax.BadExpr:
		return nil, bind.Bad
	default:
		_, s := ev.mismatch(e, w, t)
		return nil, s
	}
}

// part evaluates one part of a template.
func (ev *Evaluator) part(e *syntax.Expr, w want) (manifest.Text, bind.State) {
	switch e.Kind {
	case syntax.NumExpr:
		return asText(e.Num), bind.Present
	case syntax.BoolExpr:
		return asText(e.Num == 1), bind.Present
	default:
		return ev.text(e, w, manifest.String)
	}
}

func asText(v manifest.Value) manifest.Text {
	switch v := v.(type) {
	case manifest.Text:
		return v
	case float64:
		return manifest.Plain(strconv.FormatFloat(v, 'f', -1, 64))
	case bool:
		return manifest.Plain(strconv.FormatBool(v))
	default:
		return nil
	}
}
