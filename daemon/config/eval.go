package config

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// decoder works out one configuration.
type decoder struct {
	sources *sources
	env     func(string) (string, bool)
	anyEnv  bool // variables that are not set may be set elsewhere
	out     *diag.Collector
	table   *schema.Block
	dir     string // of vega.hcl
	root    *section
	modules []manifest.Found

	resolved map[string]bool // every value of env() and file(): kept out of every diagnostic
	secrets  map[string]bool // those that are secrets, and literals of sensitive attributes
	schemas  map[*manifest.Probe]*schema.Block
	bases    map[string]*section // databases by name
	peers    map[string]*section // integrations by name
	names    []string            // of peers in order, once asked for
	claimed  map[*manifest.Module]bool

	whole    whole
	later    []func() // what can be said only when the plugins are known
	lenient  bool     // in a disabled block: what is not set or not there is let pass
	inConfig bool     // in a config block: texts go to a guest
	constant bool     // in a manifest: no functions, no references
}

// read works out a slot, once.
func (d *decoder) read(t *slot) {
	switch t.state {
	case unread:
		t.state = reading
		t.value, t.state = d.convert(t.expr, t.row, t.row.Type)
		if t.state == present {
			t.state = d.constrain(t)
		}
	case reading:
		t.state = bad
		d.out.Err(diag.Cycle, t.expr.At, fmt.Sprintf("%s refers to itself, by way of others.", t.row.Name), "write its value")
	}
}

// constrain holds a value against its row's bounds.
func (d *decoder) constrain(t *slot) state {
	if t.row.Sensitive {
		d.keep(t.value)
	}
	whole, isNumber := t.value.(float64)
	if t.row.Type == schema.Whole && isNumber && whole != float64(int64(whole)) {
		d.out.Err(diag.WrongType, t.expr.At, t.row.Name+" must be a whole number.", "remove the fraction")
		return bad
	}
	if t.row.Constrain(t.value) == nil {
		d.usual(t)
		return present
	}
	got := ""
	if v := schema.Shown(t.value); v != "" && !t.row.Sensitive && !t.expr.Computed() {
		got = ", not " + v
	}
	fix, instead := boundsFix(t)
	d.out.Err(diag.OutOfBounds, t.expr.At, fmt.Sprintf("%s must be %s%s.", t.row.Name, schema.Bounds(t.row), got), fix).Suggest(t.expr.At, instead)
	return bad
}

// convert works an expression out as a value of type t.
func (d *decoder) convert(e *syntax.Expr, r *schema.Row, t manifest.Type) (manifest.Value, state) {
	switch {
	case e.Kind == syntax.BadExpr:
		return nil, bad
	case t == schema.Anything:
		return d.literal(e)
	case t == schema.Probe:
		return d.probeName(e)
	case t == schema.Figure:
		return d.figure(e, r)
	case e.Kind == syntax.RefExpr:
		return d.reference(e, r, t)
	}
	switch t {
	case manifest.List:
		return d.list(e, r)
	case manifest.Map:
		return d.mapping(e, r)
	case manifest.Bool:
		if e.Kind == syntax.BoolExpr {
			return e.Num == 1, present
		}
		if e.Kind == syntax.CallExpr && e.Text == "env_set" {
			return d.envSet(e)
		}
	case manifest.Number, schema.Whole:
		if e.Kind == syntax.NumExpr {
			return e.Num, present
		}
	case manifest.DurationType, manifest.SizeType:
		return d.measure(e, r, t)
	case manifest.Database, schema.Integration:
		return d.mismatch(e, r, t)
	case manifest.Any, schema.Bound, schema.Quantity:
		if e.Kind == syntax.NumExpr {
			return e.Num, present
		}
		if e.Kind == syntax.BoolExpr && t == manifest.Any {
			return e.Num == 1, present
		}
		return d.texts(e, r, t)
	default:
		return d.texts(e, r, t)
	}
	return d.mismatch(e, r, t)
}

func (d *decoder) list(e *syntax.Expr, r *schema.Row) (manifest.Value, state) {
	if e.Kind != syntax.ListExpr {
		return d.mismatch(e, r, manifest.List)
	}
	out, result := make([]manifest.Value, 0, len(e.Items)), present
	for _, item := range e.Items {
		v, s := d.convert(item, r, r.Element())
		result = d.worse(result, s, item, r)
		out = append(out, v)
	}
	if result != present {
		return nil, result
	}
	return out, present
}

func (d *decoder) mapping(e *syntax.Expr, r *schema.Row) (manifest.Value, state) {
	if e.Kind != syntax.MapExpr {
		return d.mismatch(e, r, manifest.Map)
	}
	out, result := make(map[string]manifest.Value, len(e.Items)/2), present
	for i := 0; i+1 < len(e.Items); i += 2 {
		key := e.Items[i]
		if key.Kind != syntax.TextExpr {
			result = bad
			continue
		}
		if _, again := out[key.Text]; again {
			d.out.Err(diag.Twice, key.At, fmt.Sprintf("The key %q stands in this map already.", diag.Clip(key.Text)), "keep one of the two")
			result = bad
		}
		v, s := d.convert(e.Items[i+1], r, r.Element())
		result = d.worse(result, s, e.Items[i+1], r)
		out[key.Text] = v
	}
	if result != present {
		return nil, result
	}
	return out, present
}

// worse is the state of a list or map after one more element. One that is not
// set takes the whole with it; nobody would notice, so it is said.
func (d *decoder) worse(sum, s state, e *syntax.Expr, r *schema.Row) state {
	if s == absent && !d.lenient && !r.Required {
		d.out.Warn(diag.PartlySet, e.At, fmt.Sprintf("%s is left unset altogether, since %s.", r.Name, d.whyAbsent(e)), "set that variable, or remove this element")
	}
	if sum == bad || s == bad {
		return bad
	}
	return max(sum, s)
}

// texts works out what is text, and judges it by its type.
func (d *decoder) texts(e *syntax.Expr, r *schema.Row, t manifest.Type) (manifest.Value, state) {
	v, s := d.text(e, r, t)
	if s != present {
		return nil, s
	}
	return d.judge(v, e, r, t)
}

// text joins the parts of a text; those from env() and file() are marked.
func (d *decoder) text(e *syntax.Expr, r *schema.Row, t manifest.Type) (manifest.Text, state) {
	switch e.Kind {
	case syntax.TextExpr:
		return manifest.Plain(e.Text), present
	case syntax.CallExpr:
		return d.call(e, r)
	case syntax.RefExpr:
		v, s := d.reference(e, r, manifest.Any)
		return asText(v), s
	case syntax.TmplExpr:
		var out manifest.Text
		result := present
		for _, item := range e.Items {
			part, s := d.part(item, r)
			if s == bad || result == bad {
				result = bad
				continue
			}
			result = max(result, s)
			out = append(out, part...)
		}
		return out, result
	case syntax.BadExpr:
		return nil, bad
	default:
		_, s := d.mismatch(e, r, t)
		return nil, s
	}
}

// part is what stands between ${ and }, or the text around it.
func (d *decoder) part(e *syntax.Expr, r *schema.Row) (manifest.Text, state) {
	switch e.Kind {
	case syntax.NumExpr:
		return asText(e.Num), present
	case syntax.BoolExpr:
		return asText(e.Num == 1), present
	default:
		return d.text(e, r, manifest.String)
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

// literal is a manifest's default in its JSON form.
func (d *decoder) literal(e *syntax.Expr) (manifest.Value, state) {
	switch e.Kind {
	case syntax.TextExpr:
		return e.Text, present
	case syntax.NumExpr:
		return e.Num, present
	case syntax.BoolExpr:
		return e.Num == 1, present
	case syntax.ListExpr:
		out := make([]any, 0, len(e.Items))
		for _, item := range e.Items {
			v, s := d.literal(item)
			if s != present {
				return nil, s
			}
			out = append(out, v)
		}
		return out, present
	case syntax.MapExpr:
		out := make(map[string]any, len(e.Items)/2)
		for i := 0; i+1 < len(e.Items); i += 2 {
			v, s := d.literal(e.Items[i+1])
			if s != present {
				return nil, s
			}
			out[e.Items[i].Text] = v
		}
		return out, present
	case syntax.BadExpr:
		return nil, bad
	default:
		d.out.Err(diag.NotAllowed, e.At, "A default is written out: no references and no functions.", "write the value")
		return nil, bad
	}
}

func absolute(path, dir string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func trimDatabase(s string) string { return strings.TrimPrefix(s, "database.") }
