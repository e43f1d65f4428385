package expand

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"

	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/syntax"
)

// file reads the targets in the file that for_each_file names.
func (r reader) file(e *syntax.Expr) {
	if e.Kind != syntax.TextExpr || e.Text == "" {
		if e.Kind != syntax.BadExpr {
			r.out.Err(diag.WrongType, e.At, "for_each_file must be a path, as literal text.", `use for_each_file = "hosts.txt"`)
		}
		return
	}
	src, err := r.in.Data(e.Text, e.At.Source)
	switch {
	case err == nil:
		r.lines(src, e.At)
	case errors.Is(err, fs.ErrNotExist):
		r.out.Err(diag.FileUnreadable, e.At, "The file does not exist.", input.MissingFix(e.Text, fmt.Sprintf("create %s with a target on each line, or name another file", diag.Clip(e.Text))))
	case errors.Is(err, input.ErrLarge):
		r.out.Err(diag.FileUnreadable, e.At, fmt.Sprintf("The file is larger than %d MiB.", input.MaxData>>20), "split it")
	default:
		r.out.Err(diag.FileUnreadable, e.At, "The file cannot be read: "+input.Reason(err).Error()+".", "name a regular file that vega's user may read")
	}
}

// lines adds the target on each line.
func (r reader) lines(src *diag.Source, named diag.Place) {
	r.Targets = make([]Target, 0, bytes.Count(src.Text, []byte("\n"))+1)
	seen := 0
	for i := range src.Lines() {
		text, start := string(src.Line(i)), src.LineStart(i)
		if !utf8.ValidString(text) || strings.ContainsFunc(text, control) {
			r.out.Err(diag.NotText, src.Span(start, start+len(text)), "The line is not plain UTF-8 text.", "save the file as UTF-8, with one target on each line")
			return
		}
		key, value := cut(text, start)
		if value.text == "" && key.text == "" {
			continue
		}
		if !r.room(named, seen) {
			return
		}
		seen++
		r.line(src, key, value)
	}
	if seen == 0 {
		r.none(named, "The file has no targets")
	}
}

func control(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

func (r reader) line(src *diag.Source, key, value part) {
	at := src.Span(value.at, value.at+len(value.text))
	if value.text == "" {
		r.out.Err(diag.Required, src.Span(key.at, key.at+len(key.text)), "The key has no value.", "write KEY = VALUE, or a value alone")
		return
	}
	e := &syntax.Expr{Kind: syntax.TextExpr, At: at, Text: value.text, Untyped: true}
	if fix := otherList(value.text); fix != "" && key.text == "" {
		r.out.Err(diag.Syntax, at, "This line has another format than a target.", fix)
		return
	}
	if key.text == "" {
		r.add(Target{KeyOf(value.text), at, e, at})
		return
	}
	keyAt := src.Span(key.at, key.at+len(key.text))
	r.add(Target{key.text, keyAt, e, span(keyAt, at)})
}

// part is a part of a line, and where it begins in the file.
type part struct {
	text string
	at   int
}

// cut splits a line into its key, which may be missing, and its value. Text
// before the first equals sign is a key if it looks like one, so that a URL may
// contain one.
func cut(line string, start int) (key, value part) {
	all := trimmed(part{withoutComment(line), start})
	if before, after, ok := strings.Cut(all.text, "="); ok {
		if k := unquoted(trimmed(part{before, all.at})); validKey.MatchString(k.text) {
			return k, unquoted(trimmed(part{after, all.at + len(before) + 1}))
		}
	}
	return part{}, unquoted(all)
}

// withoutComment removes a comment: # or // at the start of the line or after a
// blank.
func withoutComment(line string) string {
	for i := range line {
		if (line[i] == '#' || strings.HasPrefix(line[i:], "//")) && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return line[:i]
		}
	}
	return line
}

func trimmed(p part) part {
	left := strings.TrimLeft(p.text, " \t")
	return part{strings.TrimRight(left, " \t\r"), p.at + len(p.text) - len(left)}
}

// unquoted removes quotes around a value, which a list copied from a
// configuration has, and the comma after it.
func unquoted(p part) part {
	if t := strings.TrimSuffix(p.text, ","); len(t) >= 2 && t[0] == '"' && t[len(t)-1] == '"' {
		return part{t[1 : len(t)-1], p.at + 1}
	}
	return p
}

var (
	section  = regexp.MustCompile(`^\[[A-Za-z][\w:.-]*\]$`)
	listItem = regexp.MustCompile(`^- +\S`)
	mapItem  = regexp.MustCompile(`^[A-Za-z0-9_.-]+:(?:\s|$)`)
	json     = regexp.MustCompile(`^(?:\[.*"|\{.*"|.*"\s*[\]}],?$|[\[\]{}],?$)`)
	several  = regexp.MustCompile(`^[A-Za-z0-9.:_-]+(?:\s*[,;]\s*[A-Za-z0-9.:_-]+)+$`)
)

// otherList returns the fix for a line that is from a list in another format,
// such as an inventory, YAML, JSON or /etc/hosts; "" for a target.
func otherList(text string) string {
	first, rest, words := strings.Cut(text, " ")
	_, err := netip.ParseAddr(first)
	switch {
	case section.MatchString(text):
		return "remove it: a file of targets has no sections; use an integration and a file for each"
	case listItem.MatchString(text):
		return "write the target without the dash"
	case json.MatchString(text):
		return "write each target on a line of its own, without brackets and braces"
	case mapItem.MatchString(text):
		return "write KEY = VALUE"
	case several.MatchString(text):
		return "write each target on a line of its own"
	case words && err == nil && strings.TrimSpace(rest) != "":
		return "write NAME = ADDRESS, or the address alone; a comment begins with #"
	case isPair(text):
		return "write an equals sign between them: KEY = VALUE"
	default:
		return ""
	}
}

// isPair reports whether a line is a key and an address without an equals sign
// between them.
func isPair(text string) bool {
	words := strings.Fields(text)
	if len(words) != 2 || !validKey.MatchString(words[0]) {
		return false
	}
	_, noAddress := netip.ParseAddr(words[1])
	_, noPort := netip.ParseAddrPort(words[1])
	return noAddress == nil || noPort == nil
}
