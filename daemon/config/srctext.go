package config

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// bom is the byte order mark that some editors put before a text.
const bom = "\xef\xbb\xbf"

// file is a configuration file in memory. Its text does not change.
type file struct {
	name   string // as shown
	dir    string // absolute; relative paths in the file start from it
	order  int    // among the files of a configuration
	src    []byte
	starts []int // of each line; made when first asked for
}

// span is the place from start to end.
func (f *file) span(start, end int) place { return place{file: f, start: start, end: end} }

func (f *file) pos(at int) Pos {
	at = min(max(at, 0), len(f.src))
	i := f.lineOf(at)
	return Pos{Line: i + 1, Column: utf8.RuneCount(f.src[min(f.starts[i], at):at]) + 1, Byte: at}
}

// lineOf returns the index of the line that holds a byte. A byte order mark
// belongs to no line: editors don't count it as a column.
func (f *file) lineOf(at int) int {
	f.index()
	return max(sort.SearchInts(f.starts, at+1)-1, 0)
}

func (f *file) index() {
	if f.starts != nil {
		return
	}
	f.starts = make([]int, 1, 1+bytes.Count(f.src, []byte("\n")))
	if bytes.HasPrefix(f.src, []byte(bom)) {
		f.starts[0] = len(bom)
	}
	for i, b := range f.src {
		if b == '\n' {
			f.starts = append(f.starts, i+1)
		}
	}
}

// lineCount returns the number of lines.
func (f *file) lineCount() int {
	f.index()
	return len(f.starts)
}

// lineStart returns the byte at which a line begins, by its index.
func (f *file) lineStart(i int) int {
	f.index()
	return f.starts[i]
}

// lineAt returns the text of a line, by its index, without its end.
func (f *file) lineAt(i int) []byte {
	f.index()
	end := len(f.src)
	if i+1 < len(f.starts) {
		end = f.starts[i+1] - 1
	}
	line := f.src[f.starts[i]:end]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}
