package console

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// table is text in columns. The last column is not padded.
type table struct{ rows [][]string }

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

const (
	gap        = 2  // cells between columns
	narrowest  = 24 // cells that the last column needs to be wrapped
	wideRunes  = "✅❌❓⚪🟡"
	asciiLimit = 0x80
)

// write writes the rows. If width is not 0, it wraps the last column there.
func (t *table) write(out io.Writer, width int) error {
	w := bufio.NewWriter(out)
	var columns []int
	for _, r := range t.rows {
		for n, cell := range r[:len(r)-1] {
			if n == len(columns) {
				columns = append(columns, 0)
			}
			columns[n] = max(columns[n], cells(cell))
		}
	}
	indent := 0
	for _, c := range columns {
		indent += c + gap
	}
	for _, r := range t.rows {
		for n, cell := range r[:len(r)-1] {
			fmt.Fprint(w, cell, strings.Repeat(" ", columns[n]+gap-cells(cell)))
		}
		for n, line := range wrap(r[len(r)-1], width-indent) {
			if n > 0 {
				fmt.Fprint(w, strings.Repeat(" ", indent))
			}
			fmt.Fprintln(w, line)
		}
	}
	return w.Flush()
}

// wrap breaks text at spaces, so that each line has at most width cells if its
// words allow it. It leaves the text alone if that makes columns too narrow.
func wrap(text string, width int) (lines []string) {
	if width < narrowest || cells(text) <= width {
		return []string{text}
	}
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case cells(line)+1+cells(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// cells returns how many cells of a terminal text takes.
func cells(text string) (n int) {
	for _, r := range text {
		switch {
		case r < asciiLimit:
			n++
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case isWide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// isWide reports whether terminals show r in two cells.
func isWide(r rune) bool {
	return strings.ContainsRune(wideRunes, r) ||
		unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) ||
		0xff00 < r && r < 0xff61 || 0x1f300 <= r && r < 0x1f650 || 0x1f900 <= r && r < 0x1fa00
}
