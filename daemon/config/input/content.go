package input

import "strings"

// MaxContent limits what file() reads, in bytes.
const MaxContent = 64 << 10

// WithoutNewline returns text without one newline at its end: \n or \r\n.
func WithoutNewline(text string) string {
	if line, ok := strings.CutSuffix(text, "\n"); ok {
		return strings.TrimSuffix(line, "\r")
	}
	return text
}

// Content returns the text of a small regular file, without one newline at its
// end. It reads the file once.
func (s *Set) Content(path string) (string, error) {
	c, known := s.contents[path]
	if !known {
		b, err := ReadRegular(path, MaxContent)
		s.Note(err)
		c = content{WithoutNewline(string(b)), err}
		s.contents[path] = c
	}
	return c.text, c.err
}
