package jsonpath

// check validates one JSON value from untrusted input. It does not recurse, so
// nesting cannot exhaust the stack.
func (s *scanner) check() error {
	for base := s.depth; ; {
		if err := s.pause(); err != nil {
			return err
		}
		opened, err := s.value()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		if more, err := s.following(base); err != nil || !more {
			return err
		}
	}
}

// value reads a scalar, an empty list or an empty object. It reads any other
// list or object only up to the first value.
func (s *scanner) value() (opened bool, err error) {
	switch c := s.peek(); {
	case c == '{' || c == '[':
		return s.openUp(c == '{')
	case c == '"':
		_, err = s.checkString()
	case c == '-' || digit[c]:
		err = s.number()
	case c == 't':
		err = s.literal("true")
	case c == 'f':
		err = s.literal("false")
	case c == 'n':
		err = s.literal("null")
	default:
		err = s.unexpected("a value")
	}
	return false, err
}

// openUp enters a list or object.
func (s *scanner) openUp(object bool) (bool, error) {
	if s.depth >= MaxDepth {
		return false, ErrDepth
	}
	s.i++
	more, err := s.another(object, true)
	if err != nil || !more {
		return false, err
	}
	at, bit := s.depth/64, uint64(1)<<(s.depth%64)
	s.kinds[at] &^= bit
	if object {
		s.kinds[at] |= bit
	}
	s.depth++
	return true, nil
}

// following advances past a value to the next one nested deeper than base,
// leaving all lists and objects that end here.
func (s *scanner) following(base int) (bool, error) {
	for s.depth > base {
		in := s.depth - 1
		object := s.kinds[in/64]>>(in%64)&1 == 1
		more, err := s.another(object, false)
		if err != nil || more {
			return more, err
		}
		s.depth--
	}
	return false, nil
}

// end checks that nothing follows the value.
func (s *scanner) end() error {
	if err := s.space(); err != nil {
		return err
	}
	if s.i < len(s.b) {
		return s.unexpected("the end")
	}
	return nil
}

func (s *scanner) checkString() (escaped bool, err error) {
	s.i++
	for {
		if err := s.run(&plain); err != nil {
			return false, err
		}
		switch s.peek() {
		case '"':
			s.i++
			return escaped, nil
		case '\\':
			escaped = true
			if err := s.escape(); err != nil {
				return false, err
			}
		default:
			return false, s.unexpected("the end of a string")
		}
	}
}

func (s *scanner) escape() error {
	s.i++
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.i++
		return s.pause()
	case 'u':
		s.i++
		for range 4 {
			if _, ok := hex(s.peek()); !ok {
				return s.unexpected("one of four hexadecimal digits")
			}
			s.i++
		}
		return s.pause()
	default:
		return s.unexpected("a valid JSON escape")
	}
}

func (s *scanner) number() error {
	if s.peek() == '-' {
		s.i++
	}
	if s.peek() == '0' {
		s.i++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.peek() == '.' {
		s.i++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.i++
		if c := s.peek(); c == '+' || c == '-' {
			s.i++
		}
		return s.digits()
	}
	return nil
}

func (s *scanner) digits() error {
	if !digit[s.peek()] {
		return s.unexpected("a digit")
	}
	return s.run(&digit)
}

func (s *scanner) literal(word string) error {
	for i := range len(word) {
		if s.peek() != word[i] {
			return s.unexpected("the word " + word)
		}
		s.i++
	}
	return nil
}
