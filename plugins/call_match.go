package plugins

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/pattern"
)

// matchCalls match what the guest sees, including placeholders, so a pattern
// can't be used to guess a secret.
var matchCalls = map[string]hostCall{
	"match": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		expression, err := c.bytes(0, maxPattern)
		if err != nil {
			return int64(c.fail(err))
		}
		text, err := c.view(2, maxText)
		if err != nil {
			return int64(c.fail(err))
		}
		matched, err := match(c.guest, string(expression), text)
		switch {
		case err != nil:
			return int64(c.fail(err))
		case matched:
			return 1
		default:
			return 0
		}
	}},
	"match_group": {[]api.ValueType{i32, i32, i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		expression, err := c.bytes(0, maxPattern)
		if err != nil {
			return int64(c.fail(err))
		}
		text, err := c.view(2, maxText)
		if err != nil {
			return int64(c.fail(err))
		}
		group, err := matchGroup(c.guest, string(expression), text, c.i32(4))
		if err != nil {
			return int64(c.fail(err))
		}
		return put(c, 5, group)
	}},
}

const (
	maxPattern  = 4 << 10 // length in bytes
	stateMemory = 512     // bytes per state, compiled and while matching
	placeMemory = 16      // bytes per state and group: where it begins and ends
)

// maxSteps limits the states × bytes matched without a pause, which takes 2 to
// 6 ms. Longer matches are slower, because they pause.
const maxSteps = 1 << 20

// computing accounts for what the host computes for a guest.
type computing interface {
	Pause() error
	Hold(bytes int) error
	Release(bytes int)
}

// match reports whether the text matches the pattern. It gives up when c returns
// an error.
func match(c computing, expression string, text []byte) (bool, error) {
	e, err := compile(c, expression)
	if err != nil {
		return false, err
	}
	defer e.release()
	if e.size*len(text) <= maxSteps {
		return e.Match(text), nil
	}
	r := e.runes(text, 1)
	matched := e.MatchReader(r)
	return matched, r.err
}

// matchGroup returns the part of the text that a group of the pattern matches;
// group 0 is the whole match. The error is errNotSet if the text does not match, or
// the group has no part in the match.
func matchGroup(c computing, expression string, text []byte, group int32) ([]byte, error) {
	e, err := compile(c, expression)
	if err != nil {
		return nil, err
	}
	defer e.release()
	groups := 1 + e.NumSubexp()
	if group < 0 || int(group) >= groups {
		return nil, fmt.Errorf("%w: the pattern has no group %d", errInvalid, group)
	}
	places := groups * e.size * placeMemory // each state keeps the place of each group
	if err := c.Hold(places); err != nil {
		return nil, err
	}
	defer c.Release(places)
	var found []int
	if groups*e.size*len(text) <= maxSteps {
		found = e.FindSubmatchIndex(text)
	} else {
		r := e.runes(text, groups)
		found = e.FindReaderSubmatchIndex(r)
		if r.err != nil {
			return nil, r.err
		}
	}
	if found == nil || found[2*group] < 0 {
		return nil, fmt.Errorf("the pattern's group %d matches nothing: %w", group, errNotSet)
	}
	return text[found[2*group]:found[2*group+1]], nil
}

// expression is a compiled pattern. It holds memory until it is released.
type expression struct {
	*regexp.Regexp
	host computing
	size int // states
}

// compile compiles a pattern, whose size is bounded.
func compile(c computing, text string) (*expression, error) {
	size, err := pattern.States(text)
	switch {
	case errors.Is(err, pattern.ErrTooLarge):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errInvalid, err)
	}
	e := &expression{host: c, size: size}
	if err := c.Hold(size * stateMemory); err != nil {
		return nil, err
	}
	if e.Regexp, err = regexp.Compile(text); err != nil {
		e.release()
		return nil, fmt.Errorf("%w: %w", errInvalid, err)
	}
	if err := c.Pause(); err != nil {
		e.release()
		return nil, err
	}
	return e, nil
}

func (e *expression) release() { e.host.Release(e.size * stateMemory) }

// runes reads a text for a match in which a step of each state takes some units of
// work.
func (e *expression) runes(text []byte, work int) *runes {
	return &runes{host: e.host, text: text, often: max(1, maxSteps/16/e.size/work)}
}

// runes reads a string and pauses regularly. It ends when a pause returns an
// error.
type runes struct {
	host  computing
	text  []byte
	often int // runes between two pauses; each rune may take time for every state
	read  int
	err   error
}

// ReadRune implements io.RuneReader.
func (r *runes) ReadRune() (rune, int, error) {
	if r.read++; r.read%r.often == 0 && r.err == nil {
		r.err = r.host.Pause()
	}
	if len(r.text) == 0 || r.err != nil {
		return 0, 0, io.EOF
	}
	c, n := utf8.DecodeRune(r.text)
	r.text = r.text[n:]
	return c, n, nil
}
