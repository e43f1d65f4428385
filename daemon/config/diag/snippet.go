package diag

import (
	"strings"
	"unicode/utf8"
)

// maxSnippet limits a line that is shown, in characters.
const maxSnippet = 160

// snippet returns the line that a place begins on as masked shows it, and where
// on it the place lies, in characters.
func snippet(p Place, masked func(*Source, int) []byte) (line string, caret, width int) {
	f := p.Source
	if len(f.Text) == 0 || f.Secret {
		return "", 0, 0
	}
	i := f.lineOf(min(p.Start, len(f.Text)))
	raw := f.Line(i)
	at := min(max(p.Start-f.LineStart(i), 0), len(raw))
	end := min(max(p.End-f.LineStart(i), at), len(raw))
	caret, width = utf8.RuneCount(raw[:at]), max(utf8.RuneCount(raw[at:end]), 1)
	shown := []rune(string(masked(f, i)))
	if len(shown) > maxSnippet { // a window around the place
		from := min(max(caret-maxSnippet/2, 0), len(shown)-maxSnippet)
		shown, caret = shown[from:from+maxSnippet], caret-from
		width = min(width, maxSnippet-caret)
	}
	return Clean(strings.ReplaceAll(string(shown), "\t", " ")), caret, max(width, 1)
}

// Marked returns the parts of Snippet: what is before the range, what is in it, and what
// follows. The range may be empty, at the end of a line.
func (d *Diagnostic) Marked() (before, marked, after string) {
	line := []rune(d.Snippet)
	from := min(max(d.caret, 0), len(line))
	to := min(max(from+d.width, from), len(line))
	return string(line[:from]), string(line[from:to]), string(line[to:])
}
