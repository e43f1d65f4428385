package jsonpath

// What a byte means to jumpInto: most mean nothing.
const (
	quote = iota + 1
	inward
	outward
)

var meaning = [256]byte{'"': quote, '{': inward, '[': inward, '}': outward, ']': outward}

// inScalar are the bytes of a number or a word.
var inScalar = func() (c [256]bool) {
	for b := range c {
		c[b] = b > ' ' && b != ',' && b != ']' && b != '}'
	}
	return c
}()

// jump reads one value of a text that is known to be JSON.
func (s *scanner) jump() error {
	switch s.peek() {
	case '"':
		_, err := s.jumpString()
		return err
	case '{', '[':
		return s.jumpInto()
	default:
		return s.run(&inScalar)
	}
}

// jumpInto reads a list or object to its end.
func (s *scanner) jumpInto() error {
	for depth := 0; ; {
		s.jumpPlain()
		switch meaning[s.b[s.i]] {
		case quote:
			if _, err := s.jumpString(); err != nil {
				return err
			}
			continue
		case inward:
			depth++
		case outward:
			depth--
		}
		s.i++
		if depth == 0 || s.i >= s.pauseAt {
			if err := s.pause(); err != nil || depth == 0 {
				return err
			}
		}
	}
}

// jumpPlain goes on over bytes without a meaning and over short strings
// without escapes, up to where a pause is due.
func (s *scanner) jumpPlain() {
	b, i := s.b[:min(len(s.b), s.pauseAt)], s.i
	for i < len(b) {
		if m := meaning[b[i]]; m == 0 {
			i++
			continue
		} else if m != quote {
			break
		}
		end := i + 1
		for end < len(b) && plain[b[end]] {
			end++
		}
		if end == len(b) || b[end] != '"' {
			break
		}
		i = end + 1
	}
	s.i = i
}

// jumpString reads a string, and says whether it has escapes.
func (s *scanner) jumpString() (escaped bool, err error) {
	s.i++
	for {
		if err := s.run(&plain); err != nil {
			return false, err
		}
		if s.b[s.i] == '"' {
			s.i++
			return escaped, nil
		}
		escaped = true
		s.i += 2
	}
}
