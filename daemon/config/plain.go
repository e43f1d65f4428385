package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/config/alerts"
	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/redact"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
	"vega/sdk/condition"
)

// hole stands for the parts of a string that are not literal.
const hole = "\uFFFC"

// secretWords occur in the names of headers that hold credentials. schemes are
// words that can precede the credential.
var (
	secretWords = []string{"authorization", "cookie", "token", "secret", "passw", "apikey", "api-key", "credential", "signature"}
	schemes     = []string{"Basic", "Bearer", "Bot", "Digest", "Token"}
)

func secretHeader(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(name, w) })
}

// plainSecrets warns of literal secrets in a section. owner is the first part
// of the variable name that it suggests.
func (d crossChecks) plainSecrets(s *bind.Section, owner string) {
	for _, t := range s.Slots {
		for _, in := range t.Objects {
			d.plainSecrets(in, owner)
		}
		if t.State == bind.Bad || t.State == bind.Unread {
			continue
		}
		f := plainFinder{d, owner, t.Row}
		if alerts.Public(s, t, d.ev) {
			continue
		}
		switch t.Expr.Kind {
		case syntax.ListExpr:
			for _, e := range t.Expr.Items {
				f.look(e, "", t.Row.Sensitive)
			}
		case syntax.MapExpr:
			f.lookInMap(t.Expr.Items)
		default:
			f.look(t.Expr, "", t.Row.Sensitive)
		}
	}
}

// plainInRoot looks for secrets in vega's own blocks.
func (d crossChecks) plainInRoot() {
	for _, s := range d.root.Blocks {
		switch s.Schema.Name {
		case "integration", "scrape_module": // with their config blocks
		case "telemetry":
			for _, in := range s.Blocks {
				d.plainSecrets(in, in.Schema.Name)
			}
		case "notifier", "dead_man":
			d.plainSecrets(s, s.Name)
		case "server":
			d.plainSecrets(s, "vega")
			for _, k := range s.All("key") {
				d.plainSecrets(k, "vega_"+k.Name+"_key")
			}
		case "database":
			if d.ev.Str(s, "driver") != "sqlite" { // its dsn is a path
				d.plainSecrets(s, s.Name)
			}
		default:
			d.plainSecrets(s, s.Schema.Name)
		}
	}
}

// plainFinder looks for secrets in one attribute.
type plainFinder struct {
	crossChecks
	owner string
	row   *schema.Row
}

func (f plainFinder) lookInMap(items []*syntax.Expr) {
	for i := 0; i+1 < len(items); i += 2 {
		key, secret := items[i].Text, f.row.Sensitive
		if strings.Contains(f.row.Name, "header") {
			secret = secretHeader(key)
		}
		f.look(items[i+1], key, secret)
	}
}

// look checks one string. key is its key if it is in a map.
func (f plainFinder) look(e *syntax.Expr, key string, secret bool) {
	text := written(e)
	switch {
	case text == "", f.row.Fills && condition.Fill(text, func(string) string { return "" }) != text: // it contains a value that is taken from an answer
	case secret && !f.row.Login && !e.Computed():
		f.tell(e, text, key)
	case f.row.Login || strings.Contains(text, "://") && strings.Contains(text, "@"):
		p := slices.DeleteFunc(redact.Passwords(text), func(p string) bool { return strings.Contains(p, hole) })
		if len(p) > 0 {
			f.tellPassword(e, p)
		}
	}
}

// written returns the literal part of a string.
func written(e *syntax.Expr) string {
	switch e.Kind {
	case syntax.TextExpr:
		return e.Text
	case syntax.NumExpr:
		return strconv.FormatFloat(e.Num, 'f', -1, 64)
	case syntax.TmplExpr:
		var b strings.Builder
		for _, part := range e.Items {
			if text := written(part); text != "" {
				b.WriteString(text)
			} else {
				b.WriteString(hole)
			}
		}
		return b.String()
	default:
		return ""
	}
}

const writtenOut = "written as a literal, so it is in every copy of this file, and in the history of a repository that contains it."

func (f plainFinder) tell(e *syntax.Expr, text, key string) {
	scheme, rest := cutScheme(text)
	f.ev.AddSecret(rest)
	what, name, variable := f.row.Name, f.row.Name, schema.VariableName(f.owner, f.row.Name)
	if f.row.Type == manifest.Map {
		what, name, variable = diag.Clip(key)+" in "+f.row.Name, syntax.QuoteKey(key), schema.VariableName(f.owner, headerWord(key))
	}
	value := fmt.Sprintf("env(%q)", variable)
	if scheme != "" {
		value = fmt.Sprintf(`"%s ${%s}"`, scheme, value)
	}
	fix := fmt.Sprintf("replace it with %s = %s, and set that variable", name, value)
	if f.row.Type == manifest.List {
		fix = fmt.Sprintf("replace it with %s, and set that variable", value)
	}
	f.plain(e, fmt.Sprintf("%s is a secret that is %s", what, writtenOut), fix)
}

func (f plainFinder) tellPassword(e *syntax.Expr, all []string) {
	for _, p := range all {
		f.ev.AddSecret(p)
	}
	fix := fmt.Sprintf("replace the password with ${env(%q)}, and set that variable", schema.VariableName(f.owner, "password"))
	if f.row.Login {
		fix = fmt.Sprintf("replace it with %s = env(%q), and set that variable", f.row.Name, schema.VariableName(f.owner, f.row.Name))
	}
	f.plain(e, fmt.Sprintf("The password in %s is %s", f.row.Name, writtenOut), fix)
}

func (f plainFinder) plain(e *syntax.Expr, detail, fix string) {
	f.out.Warn(diag.PlainSecret, e.At, detail, fix)
	if first, ok := f.facts.plain[e.At.Source]; !ok || e.At.Compare(first) < 0 {
		f.facts.plain[e.At.Source] = e.At
	}
}

// cutScheme splits an authentication scheme from a credential.
func cutScheme(text string) (scheme, rest string) {
	word, rest, ok := strings.Cut(text, " ")
	i := slices.IndexFunc(schemes, func(s string) bool { return strings.EqualFold(s, word) })
	if !ok || i < 0 || strings.TrimSpace(rest) == "" {
		return "", text
	}
	return schemes[i], strings.TrimSpace(rest)
}

// headerWord returns a header's name as part of a variable name.
func headerWord(key string) string {
	if strings.EqualFold(key, "authorization") {
		return "token"
	}
	if len(key) > 2 && strings.EqualFold(key[:2], "x-") {
		return key[2:]
	}
	return key
}
