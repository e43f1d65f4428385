package eval

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// configuration evaluates the references and functions of vega.hcl.
type configuration struct{ ev *Evaluator }

// otherFunctions maps functions of other languages to those of vega.hcl.
var otherFunctions = map[string]string{
	"getenv": "env", "get_env": "env", "environ": "env", "env_var": "env", "envvar": "env", "secret": "env",
	"isset": "env_set", "has_env": "env_set", "readfile": "file", "read_file": "file", "templatefile": "file", "filebase64": "file",
}

func (c configuration) argument(e *syntax.Expr) (string, bool) {
	switch {
	case !slices.Contains(syntax.FunctionNames, e.Text):
		fix := "use env, env_set or file"
		near := cmp.Or(otherFunctions[strings.ToLower(e.Text)], diag.Nearest(e.Text, syntax.FunctionNames))
		if near != "" {
			fix = "use " + near
		}
		c.ev.out.Err(diag.BadCall, e.At, fmt.Sprintf("The function %q does not exist.", diag.Clip(e.Text)), fix).
			Suggest(e.At.Source.Span(e.At.Start, e.At.Start+len(e.Text)), near)
	case len(e.Items) == 1 && e.Items[0].Kind == syntax.RefExpr && variableWord(e.Items[0].Text) != "":
		quoted := strconv.Quote(e.Items[0].Text)
		c.ev.out.Err(diag.BadCall, e.At, fmt.Sprintf("%s() takes the name of the variable in quotes.", e.Text), fmt.Sprintf("use %s(%s)", e.Text, quoted)).Replace(e.Items[0].At, quoted)
	case len(e.Items) == 2 && e.Items[0].Kind == syntax.TextExpr && e.Items[0].Text != "":
		c.ev.out.Err(diag.BadCall, e.At, fmt.Sprintf("%s() takes one argument: there is no default for what is not set.", e.Text),
			fmt.Sprintf("use %s(%q); an attribute whose variable is not set is left out", e.Text, diag.Clip(e.Items[0].Text)))
	case e.Text == "file" && (len(e.Items) != 1 || e.Items[0].Kind != syntax.TextExpr || e.Items[0].Text == ""):
		c.ev.out.Err(diag.BadCall, e.At, "file() takes one plain string, the path of the file.", `use file("PATH"); a relative path starts from the directory of this file`)
	case len(e.Items) == 1 && e.Items[0].Kind == syntax.TextExpr && strings.HasPrefix(e.Items[0].Text, "$"):
		quoted := strconv.Quote(strings.Trim(e.Items[0].Text, "${}"))
		c.ev.out.Err(diag.BadCall, e.At, fmt.Sprintf("%s() takes the name of the variable without a dollar sign.", e.Text), fmt.Sprintf("use %s(%s)", e.Text, quoted)).Replace(e.Items[0].At, quoted)
	case len(e.Items) != 1 || e.Items[0].Kind != syntax.TextExpr || e.Items[0].Text == "":
		c.ev.out.Err(diag.BadCall, e.At, fmt.Sprintf("%s() takes one plain string.", e.Text), fmt.Sprintf(`use %s("NAME")`, e.Text))
	default:
		return e.Items[0].Text, true
	}
	return "", false
}

func (c configuration) reference(e *syntax.Expr, w want, t manifest.Type) (manifest.Value, bind.State) {
	root, rest, _ := strings.Cut(e.Text, ".")
	if root == "database" {
		return c.database(e, w, t, rest)
	}
	if root == "integration" {
		return c.dependency(e, w, t, rest)
	}
	if root == "notifier" {
		return c.notifier(e, w, t, rest)
	}
	if root == "each" {
		c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("%s is available only in an integration with for_each.", diag.Clip(e.Text)), "add for_each = { KEY = VALUE } or for_each_file to the integration")
		return nil, bind.Bad
	}
	sec := c.ev.target(root)
	name := rest
	if root == "data_dir" {
		name, rest = root, root
	}
	if sec == nil || strings.Contains(e.Text, ".") != (root != "data_dir") || sec.Schema.Row(rest) == nil {
		return c.dangling(e, w)
	}
	v, s := c.ev.Value(sec, name)
	to := sec.Schema.Row(name)
	switch {
	case s == bind.Absent && to.Wanted && w.Guest && !w.off:
		c.wanting(sec.Slot(name), e, w)
		return nil, bind.Bad
	case s != bind.Present:
		return nil, s
	case !fits(v, t):
		c.ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, but %s is %s.", w.Name, schema.TypeName(t), e.Text, schema.TypeName(to.Type)), "use a literal value, or refer to another attribute")
		return nil, bind.Bad
	}
	if text, ok := v.(manifest.Text); ok {
		if to.Sensitive {
			text = manifest.Text{{Text: text.Reveal(), Secret: true}}
		}
		return textChecker{c.ev.out}.check(text, e, w, t)
	}
	return v, bind.Present
}
