package alerts

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
	"vega/policies/alert"
)

// StatusPage is a page that everyone may read. It shows only what is listed.
type StatusPage struct {
	Name         string // in its address
	Title        string
	Integrations []string          // names of configured integrations, in the order of the page
	Names        map[string]string // public names by integration; others are shown by their own
}

// Public returns the public name of an integration on the page.
func (p *StatusPage) Public(integration string) string {
	return cmp.Or(p.Names[integration], integration)
}

// The limits of texts on a page, in characters.
const (
	maxTitle = 200
	maxName  = 100
)

// maxOnPage limits the integrations of a page.
const maxOnPage = 1000

// pages builds the status_page blocks.
type pages struct {
	Stage
	pick *picker
}

func (d pages) build(s *bind.Section) StatusPage {
	d.Ev.Evaluate(s)
	out := StatusPage{Name: s.Name, Title: cmp.Or(d.Ev.Str(s, "title"), s.Name)}
	d.line("title", out.Title, maxTitle, s.Place("title"))
	before := d.Out.Errors()
	listed := map[string]bool{}
	d.pick.found = func(members []int) {
		for _, n := range members {
			if name := d.pick.all[n].Name; !listed[name] {
				listed[name], out.Integrations = true, append(out.Integrations, name)
			}
		}
	}
	selectors := d.pick.selectors(s)
	d.pick.found = nil
	sure := d.Out.Errors() == before && len(selectors) > 0 && !unsure(s) && !d.Root.Broken
	if sure && len(listed) == 0 {
		d.Out.Err(diag.Unmatched, s.Place("integrations"), "The page selects no integration, so it would be empty.", `name integrations that exist, such as ["orders-*"], or remove the page`)
		return out
	}
	if sure && len(listed) > maxOnPage {
		d.Out.Err(diag.TooMuch, s.Place("integrations"), fmt.Sprintf("The page selects %d integrations, more than %d. Its history is read again while people look at it.", len(listed), maxOnPage), "select fewer, or divide the page into several")
		return out
	}
	out.Names = d.names(s, listed, sure)
	if sure {
		d.distinct(s, &out)
	}
	return out
}

// names reads the public names. If sure is set, it reports names of integrations that the
// page does not have: with a typing error, the page would show the internal name.
func (d pages) names(s *bind.Section, listed map[string]bool, sure bool) map[string]string {
	if t := s.Slot("names"); t != nil && t.State == bind.Absent {
		d.Out.Err(diag.Required, t.At, "names has no value, because a variable in it is not set, so the page would show the internal names of its integrations.", "set the variable, or use literal values")
	}
	all := eval.Get[map[string]manifest.Value](d.Ev, s, "names")
	out := make(map[string]string, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text, _ := all[name].(manifest.Text)
		at := keyAt(s, name)
		switch out[name] = text.Reveal(); {
		case !d.line("A public name", out[name], maxName, at):
		case listed[name] || !sure:
		case len(d.pick.exact()[alert.Selector(name)]) > 0:
			d.Out.Err(diag.NoEffect, at, fmt.Sprintf("%q is not on this page, so its public name has no effect.", diag.Clip(name)), fmt.Sprintf("add %q to integrations, or remove this name; an instance of for_each is named as NAME.KEY", diag.Clip(name)))
		default:
			near := diag.Nearest(name, slices.Collect(maps.Keys(listed)))
			fix := "use the name of an integration of this page, or remove this line"
			if near != "" {
				fix = fmt.Sprintf("use %q", near)
			}
			d.Out.Err(diag.Dangling, at, fmt.Sprintf("There is no integration %q. If this is a typing error, the page would show the internal name of the integration.", diag.Clip(name)), fix)
		}
	}
	return out
}

// distinct reports a public name that two integrations of the page have. Which of them a
// badge is about would not be certain.
func (d pages) distinct(s *bind.Section, p *StatusPage) {
	of := make(map[string]string, len(p.Integrations))
	for _, name := range p.Integrations {
		public := p.Public(name)
		other, taken := of[public]
		of[public] = name
		if !taken {
			continue
		}
		at := keyAt(s, name)
		if p.Names[name] == "" {
			at = keyAt(s, other)
		}
		d.Out.Err(diag.Twice, at, fmt.Sprintf("%s and %s are both shown as %q on this page.", diag.Clip(other), diag.Clip(name), diag.Clip(public)), "give each of them a name of its own in names")
		return
	}
}

// line reports text that is not one short line. It returns false if it is not.
func (d pages) line(what, text string, limit int, at diag.Place) bool {
	switch {
	case strings.TrimSpace(text) == "":
		d.Out.Err(diag.OutOfBounds, at, what+" is empty.", "write what people should read")
	case utf8.RuneCountInString(text) > limit:
		d.Out.Err(diag.OutOfBounds, at, fmt.Sprintf("%s is longer than %d characters.", what, limit), "shorten it")
	case !utf8.ValidString(text) || strings.TrimSpace(text) != text || strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) }):
		d.Out.Err(diag.OutOfBounds, at, what+" must be one line of text, without blanks at its ends.", "remove line breaks, control characters and those blanks")
	default:
		return true
	}
	return false
}

// keyAt returns the place of a key of names, or of the block.
func keyAt(s *bind.Section, key string) diag.Place {
	t := s.Slot("names")
	if t == nil {
		return s.Place("integrations")
	}
	for n := 0; n+1 < len(t.Expr.Items); n += 2 {
		if e := t.Expr.Items[n]; e.Kind == syntax.TextExpr && e.Text == key {
			return e.At
		}
	}
	return t.Expr.At
}
