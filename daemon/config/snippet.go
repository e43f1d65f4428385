package config

import (
	"strings"
	"unicode/utf8"
)

// maxSnippet bounds a line that is shown, in characters.
const maxSnippet = 160

// snippet returns the line that a place begins on as masked shows it, and where
// on it the place lies, in characters.
func snippet(p place, masked func(*file, int) []byte) (line string, caret, width int) {
	f := p.file
	if len(f.src) == 0 {
		return "", 0, 0
	}
	i := f.lineOf(min(p.start, len(f.src)))
	raw := f.lineAt(i)
	at := min(max(p.start-f.lineStart(i), 0), len(raw))
	end := min(max(p.end-f.lineStart(i), at), len(raw))
	caret, width = utf8.RuneCount(raw[:at]), max(utf8.RuneCount(raw[at:end]), 1)
	shown := []rune(string(masked(f, i)))
	if len(shown) > maxSnippet { // a window around the place
		from := min(max(caret-maxSnippet/2, 0), len(shown)-maxSnippet)
		shown, caret = shown[from:from+maxSnippet], caret-from
		width = min(width, maxSnippet-caret)
	}
	return clean(strings.ReplaceAll(string(shown), "\t", " ")), caret, max(width, 1)
}
