package diag

import (
	"bytes"
	"sort"
	"unicode/utf8"
)

// BOM is the byte order mark that some editors put at the start of a file.
const BOM = "\xef\xbb\xbf"

// Source is a configuration file in memory. Its text does not change.
type Source struct {
	Name   string // as shown
	Dir    string // absolute; relative paths in the file start from it
	Order  int    // among the files of a configuration
	Text   []byte
	Data   bool  // a file of targets, which is not HCL
	Secret bool  // no line of the file may be shown
	starts []int // of each line; filled on first use
}

// Span returns the place from start to end.
func (s *Source) Span(start, end int) Place { return Place{Source: s, Start: start, End: end} }

func (s *Source) pos(at int) Pos {
	at = min(max(at, 0), len(s.Text))
	i := s.lineOf(at)
	return Pos{Line: i + 1, Column: utf8.RuneCount(s.Text[min(s.starts[i], at):at]) + 1, Byte: at}
}

// lineOf returns the index of the line that holds a byte. A byte order mark
// belongs to no line: editors don't count it as a column.
func (s *Source) lineOf(at int) int {
	s.index()
	return max(sort.SearchInts(s.starts, at+1)-1, 0)
}

func (s *Source) index() {
	if s.starts != nil {
		return
	}
	s.starts = make([]int, 1, 1+bytes.Count(s.Text, []byte("\n")))
	if bytes.HasPrefix(s.Text, []byte(BOM)) {
		s.starts[0] = len(BOM)
	}
	for i := 0; ; {
		n := bytes.IndexByte(s.Text[i:], '\n')
		if n < 0 {
			return
		}
		i += n + 1
		s.starts = append(s.starts, i)
	}
}

// Lines returns the number of lines.
func (s *Source) Lines() int {
	s.index()
	return len(s.starts)
}

// LineStart returns the byte at which a line begins, by its index.
func (s *Source) LineStart(i int) int {
	s.index()
	return s.starts[i]
}

// Line returns the text of a line, by its index, without its end.
func (s *Source) Line(i int) []byte {
	s.index()
	end := len(s.Text)
	if i+1 < len(s.starts) {
		end = s.starts[i+1] - 1
	}
	line := s.Text[s.starts[i]:end]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}
