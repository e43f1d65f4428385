package jsonpath

// The classes of bytes for jumpInto: most bytes have none.
const (
	quote = iota + 1
	inward
	outward
)

var meaning = [256]byte{'"': quote, '{': inward, '[': inward, '}': outward, ']': outward}

// inScalar contains the bytes of a number or word.
var inScalar = func() (c [256]bool) {
	for b := range c {
		c[b] = b > ' ' && b != ',' && b != ']' && b != '}'
	}
	return c
}()

// jump skips one value of input that is known to be JSON.
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

// jumpInto skips to the end of a list or object.
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

// jumpPlain skips bytes without a class and short strings without escapes, up
// to the next pause.
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

// jumpString skips a string and reports whether it has escapes.
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
