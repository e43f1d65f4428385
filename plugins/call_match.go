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
}

const (
	maxPattern  = 4 << 10 // length in bytes
	stateMemory = 512     // bytes per state, compiled and while matching
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
	size, err := pattern.States(expression)
	switch {
	case errors.Is(err, pattern.ErrTooLarge):
		return false, err
	case err != nil:
		return false, fmt.Errorf("%w: %w", errInvalid, err)
	}
	if err := c.Hold(size * stateMemory); err != nil {
		return false, err
	}
	defer c.Release(size * stateMemory)
	re, err := regexp.Compile(expression)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errInvalid, err)
	}
	if err := c.Pause(); err != nil {
		return false, err
	}
	if size*len(text) <= maxSteps {
		return re.Match(text), nil
	}
	r := &runes{host: c, text: text, often: max(1, maxSteps/16/size)}
	matched := re.MatchReader(r)
	return matched, r.err
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
