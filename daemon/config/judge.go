package config

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// minSecret is the least length of a secret that a guest may use: the host
// finds it again in what comes back by its bytes.
const minSecret = 8

// judge holds a text against its type.
func (d *decoder) judge(v manifest.Text, e *syntax.Expr, r *schema.Row, t manifest.Type) (manifest.Value, state) {
	if r.Argument && !d.isArgument(v, e, r) {
		return nil, bad
	}
	if r.SQL && v.HasSecret() {
		d.out.Err(diag.NotAllowed, e.At, fmt.Sprintf("%s is SQL, and what env() or file() gives is a secret: the database could compute on it and answer with the outcome.", r.Name),
			"write the value itself; a password belongs in the dsn of the database block")
		return nil, bad
	}
	if d.inConfig {
		for _, p := range v {
			if p.Secret && len(p.Text) < minSecret {
				d.out.Err(diag.ShortSecret, e.At, fmt.Sprintf("The secret in %s is shorter than %d bytes: vega could not tell it from other text.", r.Name, minSecret),
					"use a longer secret; if it is none, write it out instead of reading it from env() or file()")
				return nil, bad
			}
		}
	}
	switch t {
	case manifest.URL:
		return d.url(v, e, r)
	case manifest.Address:
		return d.address(v, e, r)
	case schema.Path:
		return d.path(v, e, r)
	default:
		return v, present
	}
}

// isArgument reports whether a text can be an argument of a command. A secret
// can't: of one, a plugin is given a placeholder, which means something only on
// the way to a target, and a command reaches none.
func (d *decoder) isArgument(v manifest.Text, e *syntax.Expr, r *schema.Row) bool {
	switch {
	case v.HasSecret():
		d.out.Err(diag.NotAllowed, e.At, fmt.Sprintf("%s are the arguments of a command, and what env() or file() gives is a secret, which no plugin sees.", r.Name),
			"write the value out, if it is none; for a check that needs a secret, take a probe that speaks vega_v1")
	case strings.ContainsRune(v.Reveal(), 0):
		d.out.Err(diag.OutOfBounds, e.At, r.Name+" holds a zero byte, where the argument would end.", "remove it")
	default:
		return true
	}
	return false
}

func (d *decoder) url(v manifest.Text, e *syntax.Expr, r *schema.Row) (manifest.Value, state) {
	const fix = `write a whole URL, such as "https://example.com/health"`
	u, err := url.Parse(v.Reveal())
	if err != nil { // its text would quote the URL
		d.out.Err(diag.BadURL, e.At, r.Name+" is not a URL.", fix)
		return nil, bad
	}
	if _, err := grant.Origins(u); err != nil {
		d.out.Err(diag.BadURL, e.At, fmt.Sprintf("%s must be an absolute http or https URL: %v.", r.Name, err), fix)
		return nil, bad
	}
	return v, present
}

func (d *decoder) address(v manifest.Text, e *syntax.Expr, r *schema.Row) (manifest.Value, state) {
	full, fix := v.Reveal(), `write host:port, such as "example.com:443"`
	if r.DNS {
		full, fix = grant.WithPort(full, 53), `write the server, such as "10.0.0.2" or "10.0.0.2:53"`
	}
	if _, _, err := grant.Address(full); err != nil {
		if !v.HasSecret() && !r.Sensitive {
			fix = portFix(full, fix)
		}
		d.out.Err(diag.BadAddress, e.At, fmt.Sprintf("%s is no address: %v.", r.Name, err), fix)
		return nil, bad
	}
	return v, present
}

// portFix is what to do where only the port is missing or wrong.
func portFix(address, otherwise string) string {
	if host, err := grant.Host(address); err == nil {
		return "add the port: " + strconv.Quote(net.JoinHostPort(host, "PORT"))
	}
	if host, _, err := net.SplitHostPort(address); err == nil {
		if host, err := grant.Host(host); err == nil {
			return "write a port within 1 to 65535: " + strconv.Quote(net.JoinHostPort(host, "PORT"))
		}
	}
	return otherwise
}

func (d *decoder) path(v manifest.Text, e *syntax.Expr, r *schema.Row) (manifest.Value, state) {
	p := v.Reveal()
	if p == "" || strings.ContainsRune(p, 0) {
		d.out.Err(diag.OutOfBounds, e.At, r.Name+" must be a path.", "write the path, or remove the attribute")
		return nil, bad
	}
	if e.Kind == syntax.RefExpr { // absolute already
		return v, present
	}
	return manifest.Plain(absolute(p, e.At.Source.Dir)), present
}

// mismatch reports a value of another type than its attribute's.
func (d *decoder) mismatch(e *syntax.Expr, r *schema.Row, t manifest.Type) (manifest.Value, state) {
	d.whole.misspelt = d.whole.misspelt || t == manifest.Database
	what := syntax.KindNames[e.Kind]
	if e.Kind == syntax.CallExpr {
		what = "what " + diag.Clip(e.Text) + "() gives, which is text"
		if e.Text == "env_set" {
			what = "what env_set() gives, which is true or false"
		}
		if _, ok := d.argument(e); !ok {
			return nil, bad
		}
	}
	fix, instead := mismatchFix(e, r, t)
	d.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, not %s.", r.Name, schema.TypeName(t), what), fix).Suggest(e.At, instead)
	return nil, bad
}

// mismatchFix also gives what to put in place of the value, "" where that
// can't be told.
func mismatchFix(e *syntax.Expr, r *schema.Row, t manifest.Type) (fix, instead string) {
	switch {
	case t == manifest.List && e.Kind != syntax.MapExpr:
		return fmt.Sprintf("write %s = [ … ]", r.Name), ""
	case (t == manifest.Number || t == schema.Whole) && e.Kind == syntax.TextExpr && isNumber(e.Text) && !r.Sensitive:
		return "remove the quotes: " + e.Text, e.Text
	case t == manifest.Bool && e.Kind == syntax.CallExpr && e.Text == "env":
		set := fmt.Sprintf("env_set(%q)", diag.Clip(e.Items[0].Text))
		return "write " + set + ", which is true when the variable is set", set
	case t == manifest.Bool && e.Kind == syntax.TextExpr && (e.Text == "true" || e.Text == "false"):
		return "remove the quotes: " + e.Text, e.Text
	case t == manifest.String && e.Kind == syntax.NumExpr && !r.Sensitive:
		quoted := strconv.Quote(strconv.FormatFloat(e.Num, 'f', -1, 64))
		return "write it in quotes: " + quoted, quoted
	case t == manifest.Database && e.Kind == syntax.TextExpr && manifest.ValidName(trimDatabase(e.Text)):
		name := "database." + trimDatabase(e.Text)
		return "write " + name + " without quotes", name
	case t == schema.Integration && e.Kind == syntax.TextExpr && manifest.ValidName(strings.TrimPrefix(e.Text, "integration.")):
		name := "integration." + strings.TrimPrefix(e.Text, "integration.")
		return "write " + name + " without quotes", name
	case t == schema.Figure && e.Kind == syntax.TextExpr && schema.IsFigure(e.Text):
		return "remove the quotes: " + e.Text, e.Text
	case t == r.Type:
		return fmt.Sprintf("write %s = %s", r.Name, schema.Example(r)), ""
	default:
		return "write " + schema.Sample(t), ""
	}
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && len(s) <= syntax.MaxNumber
}

// boundsFix also gives what to put in place of the value, as mismatchFix.
func boundsFix(t *slot) (fix, instead string) {
	if len(t.row.OneOf) > 0 && t.expr.Kind == syntax.TextExpr && !t.row.Sensitive {
		if near := diag.Nearest(t.expr.Text, t.row.OneOf); near != "" {
			return "write " + strconv.Quote(near), strconv.Quote(near)
		}
	}
	return "write a value that is " + schema.Bounds(t.row), ""
}
