package config

import (
	"strings"
	"unicode/utf8"
)

// maxSnippet bounds a line that is shown, in characters.
const maxSnippet = 160

// snippet is the line that a place begins on, and where on it the place lies,
// in characters. A text is shown only if the attribute it belongs to is known
// to hold no secret: anything else is hidden, character by character.
func snippet(p place, public func(string) bool) (line string, caret, width int) {
	f := p.file
	if len(f.src) == 0 {
		return "", 0, 0
	}
	i := f.lineOf(min(p.start, len(f.src)))
	raw := f.lineAt(i)
	at := min(max(p.start-f.starts[i], 0), len(raw))
	end := min(max(p.end-f.starts[i], at), len(raw))
	caret, width = utf8.RuneCount(raw[:at]), max(utf8.RuneCount(raw[at:end]), 1)
	shown, known := f.masked[i]
	if !known {
		shown = []rune(string(mask(f, i, raw, public)))
		if f.masked == nil {
			f.masked = map[int][]rune{}
		}
		f.masked[i] = shown
	}
	if len(shown) > maxSnippet { // a window around the place
		from := min(max(caret-maxSnippet/2, 0), len(shown)-maxSnippet)
		shown, caret = shown[from:from+maxSnippet], caret-from
		width = min(width, maxSnippet-caret)
	}
	return clean(strings.ReplaceAll(string(shown), "\t", " ")), caret, max(width, 1)
}
