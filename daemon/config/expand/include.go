package expand

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/syntax"
)

// maxIncluded limits the number of configuration files.
const maxIncluded = 1000

// Read parses the files of a configuration and those that they include, which
// it adds to the set. words begin a top-level block.
func Read(in *input.Set, words []string, out *diag.Collector) *syntax.Tree {
	r := includer{in: in, out: out, by: map[*diag.Source]*diag.Source{}}
	p := syntax.NewParser(words, out)
	for i := 0; i < len(in.Files); i++ {
		attrs := len(p.Body.Attrs)
		p.Read(in.Files[i])
		p.Body.Attrs = r.follow(p.Body.Attrs, attrs)
	}
	return &p.Tree
}

// includer follows include.
type includer struct {
	in  *input.Set
	out *diag.Collector
	by  map[*diag.Source]*diag.Source // which file includes each
}

// follow follows the includes among attributes, from an index on, and returns
// the others. Each file has includes of its own.
func (r *includer) follow(all []*syntax.Attr, from int) []*syntax.Attr {
	rest := all[:from]
	var first *syntax.Attr
	for _, a := range all[from:] {
		switch {
		case a.Name != "include":
			rest = append(rest, a)
		case first != nil:
			r.out.Err(diag.Twice, a.At, fmt.Sprintf("include is already set at %s.", first.At), "merge the two lists")
		default:
			first = a
			r.list(a.Value)
		}
	}
	return rest
}

func (r *includer) list(e *syntax.Expr) {
	switch e.Kind {
	case syntax.ListExpr:
		for _, item := range e.Items {
			if r.isLiteral(item) {
				r.pattern(item)
			}
		}
	case syntax.TextExpr:
		fixed := "[" + strconv.Quote(e.Text) + "]"
		r.out.Err(diag.WrongType, e.At, "include must be a list.", "use include = "+fixed).Replace(e.At, fixed)
	default:
		r.isLiteral(e)
	}
}

// isLiteral reports a path that is not literal text.
func (r *includer) isLiteral(e *syntax.Expr) bool {
	switch {
	case e.Kind == syntax.BadExpr:
	case e.Kind != syntax.TextExpr:
		r.out.Err(diag.WrongType, e.At, "include takes paths as literal text, because it is followed before anything is evaluated.", `use include = ["conf.d/*.hcl"]`)
	case strings.TrimSpace(e.Text) == "" || strings.ContainsRune(e.Text, 0):
		r.out.Err(diag.OutOfBounds, e.At, "The path is empty.", `name a file, or a pattern such as "conf.d/*.hcl"`)
	default:
		return true
	}
	return false
}

// pattern includes the files that match a pattern.
func (r *includer) pattern(e *syntax.Expr) {
	full, shown, err := r.in.Included(e.Text, e.At.Source)
	switch {
	case errors.Is(err, input.ErrPattern):
		r.out.Err(diag.OutOfBounds, e.At, "The pattern is malformed.", `use * and ? as in a shell, such as "conf.d/*.hcl", and escape [ with a backslash`)
	case errors.Is(err, input.ErrWide):
		r.out.Err(diag.TooMuch, e.At, "Too many files would have to be looked at to find those that match this pattern.", `use wildcards in the last part of the path only, such as "conf.d/*.hcl"`)
	case errors.Is(err, fs.ErrNotExist):
		r.out.Err(diag.Unreadable, e.At, "The file does not exist.", input.MissingFix(e.Text, "create it, or remove it from include; a pattern such as \"conf.d/*.hcl\" may match nothing"))
	case err != nil:
		r.out.Err(diag.Unreadable, e.At, "The file cannot be included: "+input.Reason(err).Error()+".", `name a regular file in a directory, both of which vega's user may read, or a pattern such as "conf.d/*.hcl"`)
	case len(full) == 0:
		r.out.Warn(diag.NoMatch, e.At, "No file matches this pattern.", "correct it, or ignore this warning until there is one; it is relative to the directory of this file")
	}
	for i, path := range full {
		if len(r.in.Files) >= maxIncluded {
			r.out.Err(diag.TooMuch, e.At, fmt.Sprintf("The configuration has more than %d files.", maxIncluded), "merge some of them")
			return
		}
		r.file(path, shown[i], e.At)
	}
}

// file includes one file, unless it was read already.
func (r *includer) file(path, shown string, at diag.Place) {
	f := r.in.Find(path)
	if f == nil {
		f = r.in.Include(path, shown, at, r.out)
		r.by[f] = at.Source
		return
	}
	if way := r.circle(f, at.Source); way != "" {
		r.out.Err(diag.Cycle, at, fmt.Sprintf("This includes a file that includes this one: %s.", way), "remove one of these includes, or use a pattern that does not match the file itself")
		return
	}
	if _, known := r.by[f]; !known && f.Order > at.Source.Order {
		r.by[f] = at.Source
	}
}

// circle returns the way from a file to the one that includes it, "" if there
// is none.
func (r *includer) circle(to, from *diag.Source) string {
	names := []string{to.Name}
	for f := from; f != nil; f = r.by[f] {
		names = append([]string{f.Name}, names...)
		if f == to {
			return strings.Join(names, " → ")
		}
	}
	return ""
}
