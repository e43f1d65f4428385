package plugins

import (
	"strings"

	"github.com/tetratelabs/wazero/api"
)

var dnsCalls = map[string]hostCall{
	"resolve": {[]api.ValueType{i32, i32, i32, i32, i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		t, err := c.texts(0, 2, 4)
		if err != nil {
			return int64(c.fail(err))
		}
		c.goOut()
		answers, err := c.net.Resolve(c.ctx, t[0], t[1], t[2])
		c.comeIn()
		if err != nil {
			return int64(c.fail(err))
		}
		size := len(answers)
		for _, a := range answers {
			size += len(a)
		}
		if err := c.Hold(2 * size); err != nil { // each for itself, and all of them
			return int64(c.fail(err))
		}
		defer c.Release(2 * size)
		return c.put(6, strings.Join(answers, "\n"))
	}},
}
