package jsonpath

// stride is how many bytes are read between two pauses: about 50 µs.
const stride = 32 << 10

// scanner reads its input byte by byte.
type scanner struct {
	b       []byte
	i       int
	trusted bool  // whether the input has been checked
	key     named // the key of the last member that another found

	host    Host
	pauseAt int

	depth int // number of open lists and objects
	kinds [(MaxDepth + 63) / 64]uint64
}

// named is a key and its offset.
type named struct {
	key
	from int
}

// Classes of bytes.
var (
	blank  = class(" \t\r\n")
	digit  = class("0123456789")
	begins = class("{[\"-0123456789tfn") // bytes that begin a value
	plain  = func() (c [256]bool) {      // bytes without special meaning in a string
		for b := range c {
			c[b] = b >= ' ' && b != '"' && b != '\\'
		}
		return c
	}()
)

func class(bytes string) (c [256]bool) {
	for _, b := range []byte(bytes) {
		c[b] = true
	}
	return c
}

// run skips all bytes of a class.
func (s *scanner) run(c *[256]bool) error {
	for {
		end := min(len(s.b), s.pauseAt)
		i := s.i
		for i < end && c[s.b[i]] {
			i++
		}
		s.i = i
		if i < s.pauseAt {
			return nil
		}
		if err := s.pause(); err != nil {
			return err
		}
	}
}

// pause lets the host account for the time used. It does so at intervals.
func (s *scanner) pause() error {
	if s.i < s.pauseAt {
		return nil
	}
	s.pauseAt = s.i + stride
	return s.host.Pause()
}

func (s *scanner) space() error {
	if s.i < len(s.b) && s.b[s.i] > ' ' {
		return nil
	}
	return s.run(&blank)
}

// peek returns the next byte, or 0 at the end, which JSON allows nowhere
// outside strings.
func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// another reads what precedes a member's value, including its key. It returns
// false at the end of the list or object.
func (s *scanner) another(object, first bool) (bool, error) {
	if err := s.space(); err != nil {
		return false, err
	}
	switch c := s.peek(); {
	case c == closing(object):
		s.i++
		return false, nil
	case first:
	case c != ',':
		return false, s.unexpected("a comma or the end of " + called(object))
	default:
		s.i++
		if err := s.space(); err != nil {
			return false, err
		}
	}
	if !object {
		return true, nil
	}
	return true, s.keyOf()
}

func closing(object bool) byte {
	if object {
		return '}'
	}
	return ']'
}

func called(object bool) string {
	if object {
		return "the object"
	}
	return "the list"
}

// keyOf reads a key, the colon and white space.
func (s *scanner) keyOf() error {
	if s.peek() != '"' {
		return s.unexpected("a key in quotes")
	}
	begin := s.i + 1
	escaped, err := s.string()
	if err != nil {
		return err
	}
	s.key = named{key{s.b[begin : s.i-1], escaped}, begin}
	if err := s.space(); err != nil {
		return err
	}
	if s.peek() != ':' {
		return s.unexpected("a colon after the key")
	}
	s.i++
	return s.space()
}

// skip reads one value.
func (s *scanner) skip() error {
	if s.trusted {
		return s.jump()
	}
	return s.check()
}

// string reads a string and reports whether it has escapes.
func (s *scanner) string() (escaped bool, err error) {
	if s.trusted {
		return s.jumpString()
	}
	return s.checkString()
}
