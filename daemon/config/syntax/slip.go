package syntax

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"vega/daemon/config/diag"
)

// lineBefore returns the line before, without its end.
func (l lineAt) lineBefore() string {
	if l.start == 0 {
		return ""
	}
	end := l.start - 1
	start := bytes.LastIndexByte(l.file.Text[:end], '\n') + 1
	return strings.TrimRight(string(l.file.Text[start:end]), "\r")
}

var commentStart = regexp.MustCompile(`^\s*(--|;|<!--|/\*|REM )`)

// comment recognizes the comments of other languages, and one that never ends.
func comment(l lineAt, _ string) *mistake {
	m := commentStart.FindStringSubmatchIndex(l.text)
	if m == nil || l.col > m[3] {
		return nil
	}
	mark := l.text[m[2]:m[3]]
	if mark == "/*" {
		return &mistake{detail: "This comment does not end.", fix: "add */ at its end, or begin each line with #", final: true}
	}
	out := &mistake{detail: "A comment begins with #.", fix: "use # in place of " + strings.TrimSpace(mark), final: mark == "<!--"}
	if mark == "--" || mark == ";" {
		out.edits = []replacement{{l.span(m[2], m[3]), "#"}}
	}
	return out
}

// invisibleNames are characters that look like a space, or like nothing.
var invisibleNames = map[rune]string{
	'\u00a0': "a no-break space", '\u200b': "a zero-width space", '\u200c': "a zero-width non-joiner", '\u200d': "a zero-width joiner",
	'\u2060': "a word joiner", '\ufeff': "a byte order mark", '\u202f': "a narrow no-break space", '\u3000': "an ideographic space",
	'\u2028': "a line separator", '\u2029': "a paragraph separator", '\u00ad': "a soft hyphen",
}

// invisible recognizes characters that HCL takes only in text, such as those
// that a web page or a word processor adds to what is copied from it.
func invisible(l lineAt, summary string) *mistake {
	c, size := utf8.DecodeRuneInString(l.rest())
	if summary != "Invalid character" || size == 0 {
		return nil
	}
	if c == '\r' {
		return &mistake{
			detail: "The lines of this file end with a carriage return alone.", foreign: true,
			fix: "save it with line feeds, or with both, as editors on Windows do",
		}
	}
	name, isSpace := invisibleNames[c]
	if !isSpace {
		if c < utf8.RuneSelf {
			return nil
		}
		return &mistake{detail: fmt.Sprintf("The character %s (%U) is allowed only in text.", diag.Clip(string(c)), c), fix: "remove it, or put the text in double quotes"}
	}
	instead := ""
	if unicode.IsSpace(c) {
		instead = " "
	}
	return &mistake{
		detail: fmt.Sprintf("Here is %s (%U), which looks like a space or like nothing.", name, c), fix: "replace it with a space, or remove it",
		edits: []replacement{{l.span(l.col, l.col+size), instead}},
	}
}

var otherAssignment = regexp.MustCompile(`^\s*[A-Za-z_][\w-]*\s*(=>|:=|==|\+=|->)`)

// assignment recognizes the assignments of other languages.
func assignment(l lineAt, _ string) *mistake {
	m := otherAssignment.FindStringSubmatchIndex(l.text)
	if m == nil {
		return nil
	}
	return &mistake{
		detail: "An attribute is set with an equals sign, not with " + l.text[m[2]:m[3]] + ".", fix: "use NAME = VALUE",
		edits: []replacement{{l.span(m[2], m[3]), "="}},
	}
}

var escapeForm = regexp.MustCompile(`\\(?:["\\nrt]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|(.))`)

// escape recognizes a backslash that is meant as itself, as in a regular
// expression or a path of Windows.
func escape(l lineAt, summary string) *mistake {
	if summary != "Invalid escape sequence" {
		return nil
	}
	out := &mistake{detail: `In text, a backslash begins an escape, such as \n or \".`, fix: `for the backslash itself, write two: \\`}
	from := strings.LastIndexByte(l.text[:min(l.col, len(l.text))], '"') + 1
	for _, m := range escapeForm.FindAllStringSubmatchIndex(l.text[from:], -1) {
		if m[2] >= 0 {
			out.edits = append(out.edits, replacement{l.span(from+m[0], from+m[0]), `\`})
		}
	}
	return out
}

var quotedMarker = regexp.MustCompile(`^<<-?\s*(?:["']|[^A-Za-z_\s])|^<<-?\s+\S`)

// heredocMarker recognizes the quotes and spaces that a shell allows in the
// marker of a heredoc.
func heredocMarker(l lineAt, _ string) *mistake {
	if !quotedMarker.MatchString(l.rest()) {
		return nil
	}
	return &mistake{detail: "The marker of a heredoc is one word without quotes, right after << or <<-.", fix: "use <<EOT, then the text, then a line with EOT alone", final: true}
}

// nextLine recognizes a block whose brace is on the next line.
func nextLine(l lineAt, summary string) *mistake {
	if summary != "Invalid block definition" && summary != "Argument or block definition required" || !isHead(l.text) {
		return nil
	}
	end := l.start + len(l.text)
	after := bytes.TrimLeft(l.file.Text[end:], " \t\r\n")
	if !bytes.HasPrefix(after, []byte("{")) {
		return nil
	}
	brace := len(l.file.Text) - len(after)
	return &mistake{
		detail: "The { of a block must be on the line of its name.", fix: "write both on one line, with a space between them", final: true,
		edits: []replacement{{l.file.Span(end, brace), " "}},
	}
}

// extraBrace recognizes a brace that closes nothing.
func extraBrace(l lineAt, summary string) *mistake {
	if summary != "Argument or block definition required" || !strings.HasPrefix(l.rest(), "}") {
		return nil
	}
	return &mistake{detail: "This } closes no block.", fix: "remove it, or find the } above that closes its block too soon"}
}

// control recognizes %{ in text, which begins a directive of HCL's templates.
func control(l lineAt, summary string) *mistake {
	before := l.text[:min(l.col, len(l.text))]
	if n := strings.LastIndex(before, "%{"); n < 0 || strings.Contains(before[n:], "}") || summary != "Invalid expression" {
		return nil
	}
	return &mistake{detail: noControl, fix: controlFix}
}

// oddNumber recognizes numbers in the notation of programming languages.
func oddNumber(l lineAt, _ string) *mistake {
	isWord := func(c byte) bool { return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
	from, to := min(l.col, len(l.text)), min(l.col, len(l.text))
	for from > 0 && isWord(l.text[from-1]) {
		from--
	}
	for to < len(l.text) && isWord(l.text[to]) {
		to++
	}
	word := l.text[from:to]
	n, err := strconv.ParseInt(word, 0, 64)
	if err != nil || !strings.ContainsAny(word, "_xXbBoO") || word[0] == '_' {
		return nil
	}
	number := strconv.FormatInt(n, 10)
	return &mistake{detail: "A number has only decimal digits.", fix: "write it as a decimal number", edits: []replacement{{l.span(from, to), number}}}
}
