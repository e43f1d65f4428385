// Package ui has the parts that pages share. All text passes through gomponents, which
// escapes it; there is no inline style or script, which the Content-Security-Policy forbids.
//
// Text from targets, plugins and callers goes through Text, which bounds it, and addresses
// through Link.
package ui

import (
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// Row has the cells of a row of a table. The first one is its header.
type Row []g.Node

// Table returns a table with a label for screen readers. Wide tables scroll; on a phone
// each row is a card, with the names of the columns in front of the values. A column whose
// name begins with # has numbers.
func Table(label string, columns []string, rows []Row) g.Node {
	return h.Div(h.Class("wide"), h.Role("group"), h.Aria("label", label), h.TabIndex("0"),
		h.Table(h.Class("cards"),
			h.THead(h.Tr(g.Map(columns, func(name string) g.Node {
				return h.Th(h.Scope("col"), number(name), g.Text(strings.TrimPrefix(name, "#")))
			}))),
			h.TBody(g.Map(rows, func(r Row) g.Node { return h.Tr(cells(columns, r)) })),
		))
}

func cells(columns []string, r Row) g.Group {
	var all g.Group
	for n, cell := range r {
		if n == 0 {
			all = append(all, h.Th(h.Scope("row"), cell))
			continue
		}
		name := columns[n]
		all = append(all, h.Td(number(name), h.Data("label", strings.TrimPrefix(name, "#")), cell))
	}
	return all
}

func number(column string) g.Node {
	return g.If(strings.HasPrefix(column, "#"), h.Class("num"))
}

// Fact is a name with its value.
type Fact struct {
	Name  string
	Value g.Node
}

// Facts returns a list of names with values. It leaves out those without a value.
func Facts(facts ...Fact) g.Node {
	return h.Dl(h.Class("facts"), g.Map(facts, func(f Fact) g.Node {
		if f.Value == nil {
			return nil
		}
		return h.Div(h.Dt(g.Text(f.Name)), h.Dd(f.Value))
	}))
}

// Kind is how much a notice or a mark matters.
type Kind string

// The kinds, from harmless to bad. Each has an icon and a colour.
const (
	Info    Kind = "info"
	Good    Kind = "good"
	Warning Kind = "warning"
	Bad     Kind = "bad"
)

var kindIcons = map[Kind]string{Info: "ℹ", Good: "✓", Warning: "▲", Bad: "✕"}

// Notice returns a paragraph that stands out.
func Notice(kind Kind, content ...g.Node) g.Node {
	return h.Div(h.Class("notice "+string(kind)), icon(kindIcons[kind]), h.Div(content...))
}

// Mark returns a word as an icon, the word and a colour, such as the state of a plugin.
func Mark(kind Kind, word string) g.Node {
	return h.Span(h.Class("status "+string(kind)), icon(kindIcons[kind]), g.Text(" "+word))
}

// Empty returns what stands in place of a list without entries: why there are none, and
// what would add one.
func Empty(text string, more ...g.Node) g.Node {
	return h.P(h.Class("empty"), g.Text(text), g.Group(more))
}

func icon(text string) g.Node { return h.Span(h.Aria("hidden", "true"), g.Text(text)) }

// Input is a hidden field of a form.
type Input struct{ Name, Value string }

// Button returns a form with one button, which posts to an address.
func Button(address, label string, hidden ...Input) g.Node {
	return h.Form(h.Method("post"), h.Action(address), h.Class("inline"),
		g.Map(hidden, func(i Input) g.Node { return h.Input(h.Type("hidden"), h.Name(i.Name), h.Value(i.Value)) }),
		h.Button(h.Type("submit"), g.Text(label)))
}

// Field returns a labelled input, or another control, of a form.
func Field(label string, control g.Node) g.Node {
	return h.Label(h.Class("field"), h.Span(g.Text(label)), control)
}

// Fold returns content that is hidden until its summary is clicked.
func Fold(summary g.Node, content ...g.Node) g.Node {
	return h.Details(h.Summary(summary), g.Group(content))
}
