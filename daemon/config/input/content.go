package input

import "strings"

// MaxContent limits what file() reads, in bytes.
const MaxContent = 64 << 10

// Content returns the text of a small regular file, without one newline at its
// end. It reads the file once.
func (s *Set) Content(path string) (string, error) {
	c, known := s.contents[path]
	if !known {
		b, err := ReadRegular(path, MaxContent)
		s.Note(err)
		c = content{strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), err}
		s.contents[path] = c
	}
	return c.text, c.err
}
