package syntax

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"vega/daemon/config/diag"
)

// mistake is a common mistake that causes a syntax error, with words for it
// that are better than the parser's.
type mistake struct {
	detail, fix string
	edits       []replacement
	foreign     bool // the text is in another format, so what follows has the same mistake
	last        bool // what follows in the file cannot be judged
	final       bool // the errors that follow in this block have the same cause
}

type replacement struct {
	at   diag.Place
	text string
}

// lineAt is the line of a syntax error.
type lineAt struct {
	file  *diag.Source
	start int    // of the line in the file
	text  string // without the end of the line
	col   int    // of the error in text, in bytes
}

func lineOf(f *diag.Source, at int) lineAt {
	at = min(at, len(f.Text))
	start := bytes.LastIndexByte(f.Text[:at], '\n') + 1
	end := len(f.Text)
	if n := bytes.IndexByte(f.Text[at:], '\n'); n >= 0 {
		end = at + n
	}
	return lineAt{f, start, strings.TrimRight(string(f.Text[start:end]), "\r"), at - start}
}

func (l lineAt) span(from, to int) diag.Place { return l.file.Span(l.start+from, l.start+to) }

// rest returns the line from the error on.
func (l lineAt) rest() string { return l.text[min(l.col, len(l.text)):] }

// mistakeAt recognizes the mistake behind a syntax error of HCL. It returns nil
// for others.
func mistakeAt(f *diag.Source, at int, summary string) *mistake {
	l := lineOf(f, at)
	for _, recognize := range []func(lineAt, string) *mistake{
		otherFormat, comment, typographicQuote, singleQuote, invisible, control, oddNumber, shellVariable, separator, assignment, escape, heredocMarker,
		assignedBlock, nextLine, unassigned, unquotedName, oneLine, extraBrace, unquoted,
	} {
		if m := recognize(l, summary); m != nil {
			return m
		}
	}
	return nil
}

// typographicQuote recognizes quotes that a word processor inserted.
func typographicQuote(l lineAt, _ string) *mistake {
	const quotes = "“”„‟″«»"
	if rest := l.rest(); rest == "" || !strings.ContainsRune(quotes+"‘’‚", []rune(rest)[0]) {
		return nil
	}
	m := &mistake{detail: "This is a typographic quote, which word processors insert.", fix: `use straight double quotes: "`}
	for i, c := range l.text {
		if strings.ContainsRune(quotes, c) {
			m.edits = append(m.edits, replacement{l.span(i, i+len(string(c))), `"`})
		}
	}
	return m
}

// singleQuote recognizes text in single quotes.
func singleQuote(l lineAt, _ string) *mistake {
	rest := l.rest()
	if !strings.HasPrefix(rest, "'") {
		return nil
	}
	m := &mistake{detail: "Text is written in double quotes, not in single ones.", fix: `use double quotes: "`}
	if n := strings.IndexByte(rest[1:], '\''); n >= 0 && !strings.ContainsAny(rest[1:n+1], `"\$%`) {
		m.edits = []replacement{{l.span(l.col, l.col+1), `"`}, {l.span(l.col+n+1, l.col+n+2), `"`}}
	}
	return m
}

var shellName = regexp.MustCompile(`^(?:\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?|%([A-Za-z_][A-Za-z0-9_]*)%|\{\{\s*\.?(?:Env\.|env\.)?([A-Za-z_][A-Za-z0-9_]*)\s*\}\})`)

// shellVariable recognizes $NAME, ${NAME} and %NAME% outside of quotes.
func shellVariable(l lineAt, _ string) *mistake {
	m := shellName.FindStringSubmatch(l.rest())
	if m == nil {
		return nil
	}
	call := fmt.Sprintf("env(%q)", m[1]+m[2]+m[3])
	return &mistake{
		detail: "vega does not expand variables as a shell does.", fix: "use " + call,
		edits: []replacement{{l.span(l.col, l.col+len(m[0])), call}},
	}
}

// separator recognizes commas and semicolons at the end of an attribute, and
// missing ones in a list.
func separator(l lineAt, summary string) *mistake {
	switch rest := l.rest(); {
	case strings.HasPrefix(rest, ";") || strings.HasPrefix(rest, ",") && (summary == "Missing newline after argument" || summary == "Unexpected comma after argument"):
		m := &mistake{detail: "Attributes and blocks end with their line, not with a " + map[byte]string{';': "semicolon", ',': "comma"}[rest[0]] + ".", fix: "remove it, and write each attribute on a line of its own"}
		if strings.TrimLeft(rest[1:], " \t") == "" {
			m.edits = []replacement{{l.span(l.col, l.col+1), ""}}
		} else if rest[0] == ';' {
			m.detail, m.fix = "A semicolon separates nothing here.", "separate the elements of a list or map with commas, and write each attribute on a line of its own"
		}
		return m
	case summary == "Missing item separator":
		return &mistake{detail: "The elements of a list are separated by commas.", fix: "add a comma before this element", edits: nil}
	}
	return nil
}

var headWithEquals = regexp.MustCompile(`^\s*[\w-]+\s+"[^"]*"(\s*)(=)(\s*)\{`)

// assignedBlock recognizes an equals sign after the name of a block.
func assignedBlock(l lineAt, _ string) *mistake {
	m := headWithEquals.FindStringSubmatchIndex(l.text)
	if m == nil {
		return nil
	}
	return &mistake{detail: "A block has no equals sign after its name.", fix: "remove it", edits: []replacement{{l.span(m[2], m[7]), " "}}}
}

var nameAndText = regexp.MustCompile(`^(\s*[A-Za-z_][\w-]*)(\s+)"[^"]*"\s*(?:#.*)?$`)

// unassigned recognizes an attribute without its equals sign.
func unassigned(l lineAt, summary string) *mistake {
	m := nameAndText.FindStringSubmatchIndex(l.text)
	if m == nil || summary != "Invalid block definition" {
		return nil
	}
	name := strings.TrimSpace(l.text[m[2]:m[3]])
	if name == "import" {
		return &mistake{detail: "Other files are read with include.", fix: `use include = ["FILE.hcl"]`}
	}
	return &mistake{
		detail: fmt.Sprintf("%s is set without an equals sign.", diag.Clip(name)), fix: fmt.Sprintf("add it: %s = …", diag.Clip(name)),
		edits: []replacement{{l.span(m[4], m[5]), " = "}},
	}
}

var bareName = regexp.MustCompile(`^\s*([A-Za-z_][\w-]*)\s+([\w.-]+)\s*\{`)

// unquotedName recognizes a name of a block that HCL takes only in quotes, such
// as web.1.
func unquotedName(l lineAt, summary string) *mistake {
	m := bareName.FindStringSubmatchIndex(l.text)
	if m == nil || summary != "Invalid block definition" {
		return nil
	}
	kind, name := l.text[m[2]:m[3]], strings.ReplaceAll(l.text[m[4]:m[5]], ".", "_") // a name has no dots
	return &mistake{
		detail: "A name must be in double quotes.", fix: fmt.Sprintf("use %s %q { … }", diag.Clip(kind), diag.Clip(name)),
		edits: []replacement{{l.span(m[4], m[5]), strconv.Quote(name)}},
	}
}

// oneLine recognizes a block that begins on one line with an attribute and goes
// on in the next.
func oneLine(_ lineAt, summary string) *mistake {
	if summary != "Invalid single-argument block definition" {
		return nil
	}
	return &mistake{
		detail: "A block with an attribute on its first line must end on that line.",
		fix:    "add the closing } at the end of this line, or start a new line after {",
	}
}

var bareValue = regexp.MustCompile(`^\s*[A-Za-z_][\w-]*\s*=\s*([^"'\[{(\s][^"'\[\]{}()]*?)\s*(?:\s#.*)?$`)

// unquoted recognizes text without quotes, such as a URL or a duration.
func unquoted(l lineAt, summary string) *mistake {
	m := bareValue.FindStringSubmatchIndex(l.text)
	if m == nil || summary == "Unclosed configuration block" || l.col < m[2] {
		return nil
	}
	value := l.text[m[2]:m[3]]
	if strings.ContainsAny(value, `\$%`) {
		return nil
	}
	out := &mistake{detail: "Text must be in double quotes.", fix: "put the value in quotes"}
	if isPlainValue.MatchString(value) {
		out.fix = "use " + strconv.Quote(value)
		out.edits = []replacement{{l.span(m[2], m[3]), strconv.Quote(value)}}
	}
	return out
}

// isPlainValue matches a value that holds no secret: a duration, a size, or an
// address without credentials and query.
var isPlainValue = regexp.MustCompile(`^(?:[0-9]+(?:\.[0-9]+)?[A-Za-z]{1,3}|(?:https?://)?[A-Za-z0-9.-]+(?::[0-9]{1,5})?/?)$`)
