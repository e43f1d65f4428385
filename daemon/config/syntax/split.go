package syntax

import (
	"bytes"

	"vega/daemon/config/diag"
)

// chunk is a run of whole lines with one top-level attribute or block.
type chunk struct {
	start, end int
	line       int // of start, from 1
	inTexts    int // bytes of heredocs in the file so far
}

// textRange is a part of a source, by bytes.
type textRange struct{ start, end int }

// splitter cuts a file into chunks, so that a syntax error in one block leaves
// the others readable and no parse holds more than one block in memory. It has
// to be right only about correct files: the guards judge each chunk by the
// tokens of HCL's lexer before it is parsed.
type splitter struct {
	src       []byte
	i         int
	line      int
	lineStart int
	open      []byte   // ( [ { " and $ for an interpolation
	count     [128]int // of each in open
	start     int      // of the current chunk, or -1
	startLine int
	words     []string // the words that begin a top-level block
	heredocs  []textRange
	inTexts   int // bytes in heredocs
	yield     func(chunk) bool
}

// split calls yield for every chunk in order, until it returns false, and
// returns where the texts of heredocs are. Comments and blank lines between
// chunks belong to none.
func split(src []byte, words []string, yield func(chunk) bool) []textRange {
	s := newSplitter(src, words, yield)
	s.run()
	return s.heredocs
}

func newSplitter(src []byte, words []string, yield func(chunk) bool) *splitter {
	s := &splitter{src: src, line: 1, start: -1, words: words, yield: yield}
	if bytes.HasPrefix(s.src, []byte(diag.BOM)) {
		s.i, s.lineStart = len(diag.BOM), len(diag.BOM)
	}
	return s
}

// run splits what is left, until yield returns false.
func (s *splitter) run() {
	for s.i < len(s.src) {
		if s.top() == '"' {
			s.inString()
		} else if !s.step() {
			return
		}
	}
	s.emit()
}

func (s *splitter) addHeredoc(start, end int) {
	s.heredocs = append(s.heredocs, textRange{start, end})
	s.inTexts += end - start
}

func (s *splitter) top() byte {
	if len(s.open) == 0 {
		return 0
	}
	return s.open[len(s.open)-1]
}

func (s *splitter) at(i int) byte {
	if i < len(s.src) {
		return s.src[i]
	}
	return 0
}

func (s *splitter) step() bool {
	switch c := s.src[s.i]; c {
	case '\n':
		return s.newline()
	case ' ', '\t', '\r':
	case '#':
		s.skipLine()
		return true
	case '/':
		if s.at(s.i+1) == '/' {
			s.skipLine()
			return true
		}
		if s.at(s.i+1) == '*' {
			s.skipComment()
			return true
		}
		s.mark()
	case '"', '(', '[', '{':
		s.mark()
		s.push(c)
	case ')':
		s.close('(', '(')
	case ']':
		s.close('[', '[')
	case '}':
		s.close('{', '$')
	case '<':
		s.mark()
		if s.heredoc() {
			return true
		}
	default:
		s.mark()
	}
	s.i++
	return true
}

func (s *splitter) push(c byte) {
	s.open = append(s.open, c)
	s.count[c]++
}

func (s *splitter) pop() byte {
	c := s.top()
	s.open = s.open[:len(s.open)-1]
	s.count[c]--
	return c
}

// mark begins a chunk at this line, unless one has begun.
func (s *splitter) mark() {
	if s.start < 0 {
		s.start, s.startLine = s.lineStart, s.line
	}
}

// close goes back to the nearest opener of that kind. It leaves a closer without
// one for the parser to report.
func (s *splitter) close(a, b byte) {
	s.mark()
	if s.count[a]+s.count[b] == 0 {
		return
	}
	for {
		c := s.pop()
		if c == a || c == b {
			return
		}
	}
}

func (s *splitter) newline() bool {
	s.i++
	s.line++
	s.lineStart = s.i
	// A block that begins at the start of a line ends the one before, even if that
	// was not closed.
	if s.start >= 0 && (len(s.open) == 0 || startsBlock(s.src[s.i:], s.words)) {
		return s.emit()
	}
	return true
}

// startsBlock reports whether a line begins with the word of a top-level block
// and its bracket.
func startsBlock(line []byte, words []string) bool {
	for _, w := range words {
		after, ok := bytes.CutPrefix(line, []byte(w))
		if !ok {
			continue
		}
		if i := bytes.IndexByte(after, '\n'); i >= 0 {
			after = after[:i]
		}
		after = bytes.TrimSpace(after)
		if len(after) > 0 && (after[0] == '{' || after[0] == '"' && bytes.HasSuffix(after, []byte("{"))) {
			return true
		}
	}
	return false
}

func (s *splitter) emit() bool {
	if s.start < 0 {
		return true
	}
	c := chunk{s.start, min(s.i, len(s.src)), s.startLine, s.inTexts} // an escape at the end goes past it
	s.start, s.open, s.count = -1, s.open[:0], [128]int{}
	return s.yield(c)
}

func (s *splitter) inString() {
	switch c := s.src[s.i]; {
	case c == '\n':
		s.pop()
	case c == '\\' && s.at(s.i+1) != '\n':
		s.i += 2
	case c == '"':
		s.pop()
		s.i++
	case (c == '$' || c == '%') && s.at(s.i+1) == c && s.at(s.i+2) == '{':
		s.i += 3
	case (c == '$' || c == '%') && s.at(s.i+1) == '{':
		s.push('$')
		s.i += 2
	default:
		s.i++
	}
}

func (s *splitter) skipLine() {
	if n := bytes.IndexByte(s.src[s.i:], '\n'); n >= 0 {
		s.i += n
		return
	}
	s.i = len(s.src)
}

func (s *splitter) skipComment() {
	end := len(s.src)
	if n := bytes.Index(s.src[s.i+2:], []byte("*/")); n >= 0 {
		end = s.i + 2 + n + 2
	}
	skipped := s.src[s.i:end]
	if n := bytes.Count(skipped, []byte("\n")); n > 0 {
		s.line += n
		s.lineStart = end // the next chunk must not begin inside the comment
	}
	s.i = end
}

// heredoc skips <<MARK … MARK, and reports whether there was one.
func (s *splitter) heredoc() bool {
	rest := s.src[s.i:]
	nl := bytes.IndexByte(rest, '\n')
	if nl < 3 || rest[1] != '<' {
		return false
	}
	mark := bytes.TrimRight(bytes.TrimPrefix(rest[2:nl], []byte("-")), "\r")
	if !IsIdentifier(mark) {
		return false
	}
	s.i += nl + 1
	s.line++
	begin := s.i
	for s.i < len(s.src) {
		s.lineStart = s.i
		end := bytes.IndexByte(s.src[s.i:], '\n')
		if end < 0 {
			end = len(s.src) - s.i
		}
		if bytes.Equal(bytes.TrimSpace(s.src[s.i:s.i+end]), mark) {
			s.addHeredoc(begin, s.i)
			s.i += end
			return true
		}
		s.i = min(s.i+end+1, len(s.src))
		s.line++
	}
	s.addHeredoc(begin, s.i)
	return true
}
