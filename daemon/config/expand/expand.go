// Package expand turns integrations with for_each into their instances, and
// follows include.
//
// Groups finds the integrations with for_each and reads their targets; Instance
// returns one instance of such an integration, in which each.key and each.value
// are replaced. A diagnostic about an instance points to the target that made
// it wrong, wherever that is written.
package expand

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/syntax"
)

// Separator stands between the name of an integration and the key of an
// instance. It needs no escape in a URL or a shell, and the name of an
// integration cannot contain it.
const Separator = "."

// The limits of for_each.
const (
	MaxTargets   = 10_000 // of one integration
	maxInstances = 50_000 // of all integrations
	maxKey       = 64
)

var (
	validKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	notInKey = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
)

// Group is an integration with for_each.
type Group struct {
	Section *bind.Section
	Targets []Target

	byKey map[string]bool
}

// Target is an element of for_each, or a line of for_each_file.
type Target struct {
	Key   string
	KeyAt diag.Place
	Value *syntax.Expr
	At    diag.Place // of both
}

// Has reports whether the group has an instance with that key.
func (g *Group) Has(key string) bool { return g.byKey[key] }

// Name returns the name of an instance.
func (g *Group) Name(n int) string { return g.Section.Name + Separator + g.Targets[n].Key }

// Groups returns the integrations with for_each by their names, with their
// targets. It reports mistakes in the targets.
func Groups(root *bind.Section, in *input.Set, out *diag.Collector) map[*bind.Section]*Group {
	groups := map[*bind.Section]*Group{}
	total := 0
	for _, s := range root.All("integration") {
		literal, file := s.Slot("for_each"), s.Slot("for_each_file")
		if literal == nil && file == nil {
			continue
		}
		r := reader{&Group{Section: s, byKey: map[string]bool{}}, in, out}
		at := s.Head
		switch {
		case literal != nil && file != nil:
			out.Err(diag.Contradiction, file.At, "for_each and for_each_file cannot be set together.", "remove one of the two, or use two integrations")
		case literal != nil:
			at = literal.At
			r.literal(literal.Expr)
		default:
			at = file.At
			r.file(file.Expr)
		}
		if total += len(r.Targets); total > maxInstances {
			out.Err(diag.TooMuch, at, fmt.Sprintf("There are more than %d instances of integrations in total.", maxInstances), "remove some targets")
			r.Targets = nil
		}
		if len(r.Targets) > 0 && !refersToEach(s) && !isHeartbeat(s) {
			out.Warn(diag.Unused, at, fmt.Sprintf("Nothing in %s refers to each.key or each.value, so all of its instances check the same target.", s.Title()), `use each.value in config, such as url = "https://${each.value}/"`)
		}
		groups[s] = r.Group
	}
	return groups
}

// reader reads the targets of a group.
type reader struct {
	*Group
	in  *input.Set
	out *diag.Collector
}

// literal reads the targets in for_each.
func (r reader) literal(e *syntax.Expr) {
	switch e.Kind {
	case syntax.MapExpr:
		r.Targets = make([]Target, 0, len(e.Items)/2)
		for i := 0; i+1 < len(e.Items) && r.room(e.At, i/2); i += 2 {
			if key := e.Items[i]; key.Kind == syntax.TextExpr {
				r.add(Target{key.Text, key.At, e.Items[i+1], span(key.At, e.Items[i+1].At)})
			}
		}
	case syntax.ListExpr:
		r.Targets = make([]Target, 0, len(e.Items))
		for i := 0; i < len(e.Items) && r.room(e.At, i); i++ {
			r.element(e.Items[i])
		}
	case syntax.BadExpr:
	default:
		r.out.Err(diag.WrongType, e.At, "for_each must be a literal map or list of targets.", `write the targets here, such as { web1 = "10.0.0.1" }, or set for_each_file to a file with a target on each line`)
	}
	if len(e.Items) == 0 && (e.Kind == syntax.MapExpr || e.Kind == syntax.ListExpr) {
		r.none(e.At, "for_each has no targets")
	}
}

// none warns of a group without instances.
func (r reader) none(at diag.Place, why string) {
	r.out.Warn(diag.Unused, at, fmt.Sprintf("%s, so %s has no instances.", why, r.Section.Title()), "add a target")
}

// element adds an element of a list. Its key is its own text.
func (r reader) element(e *syntax.Expr) {
	switch e.Kind {
	case syntax.TextExpr:
		r.add(Target{KeyOf(e.Text), e.At, e, e.At})
	case syntax.NumExpr:
		r.add(Target{KeyOf(strconv.FormatFloat(e.Num, 'f', -1, 64)), e.At, e, e.At})
	case syntax.BadExpr:
	default:
		r.out.Err(diag.WrongType, e.At, "An element of a list in for_each must be literal text, because its instance is named after it.", "use a map, whose keys name the instances: for_each = { NAME = … }")
	}
}

// room reports whether n targets are within the limit, and reports the first
// one that is not.
func (r reader) room(at diag.Place, n int) bool {
	if n == MaxTargets {
		r.out.Err(diag.TooMuch, at, fmt.Sprintf("for_each has more than %d targets.", MaxTargets), "split them over two integrations")
	}
	return n < MaxTargets
}

// add adds a target, unless its key is invalid or taken.
func (r reader) add(t Target) {
	switch {
	case !validKey.MatchString(t.Key) || len(t.Key) > maxKey:
		fix := fmt.Sprintf("use letters, digits, dots, - and _ (at most %d)", maxKey)
		if near := KeyOf(t.Key); validKey.MatchString(near) && len(near) <= maxKey {
			fix += ", such as " + near
		}
		r.out.Err(diag.BadName, t.KeyAt, fmt.Sprintf("%q is not a valid key of for_each, because it becomes part of the name of an instance.", diag.Clip(t.Key)), fix)
	case r.byKey[t.Key]:
		r.out.Err(diag.Twice, t.KeyAt, fmt.Sprintf("The key %q is already in this for_each.", diag.Clip(t.Key)), "keep one of the two, or use a map or KEY = VALUE to give them different keys")
	default:
		r.byKey[t.Key] = true
		r.Group.Targets = append(r.Group.Targets, t)
	}
}

// KeyOf returns the key of a target without one of its own: its text, with each
// run of characters that cannot be part of a name replaced by a hyphen.
func KeyOf(text string) string {
	return strings.Trim(notInKey.ReplaceAllString(text, "-"), "-._")
}

// span returns the place from the start of one to the end of another.
func span(from, to diag.Place) diag.Place {
	if from.Source != to.Source || to.End < from.Start {
		return from
	}
	return from.Source.Span(from.Start, to.End)
}
