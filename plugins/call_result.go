package plugins

import (
	"log/slog"
	"math"
	"time"

	"github.com/tetratelabs/wazero/api"

	"vega/sdk/abi"
)

// resultCalls report a guest's message, evidence, numbers and log lines, and return
// the time and the last error.
var resultCalls = map[string]hostCall{
	"message": {[]api.ValueType{i32, i32}, noResult, func(c *call) int64 {
		message, err := c.text(0)
		if err != nil {
			c.output.exceeded("a message that can't be read: " + err.Error())
			return 0
		}
		c.output.setMessage(message)
		return 0
	}},
	"detail": {[]api.ValueType{i32, i32, i32, i32}, noResult, func(c *call) int64 {
		t, err := c.texts(0, 2)
		if err != nil {
			c.output.exceeded("a detail that can't be read: " + err.Error())
			return 0
		}
		c.output.addDetail(t[0], t[1])
		return 0
	}},
	"metric": {[]api.ValueType{i32, i32, f64, i32, i32}, noResult, func(c *call) int64 {
		t, err := c.texts(0, 3)
		if err != nil {
			c.output.exceeded("a metric that can't be read: " + err.Error())
			return 0
		}
		c.output.addMetric(t[0], math.Float64frombits(c.stack[2]), t[1])
		return 0
	}},
	"log": {[]api.ValueType{i32, i32, i32}, noResult, func(c *call) int64 {
		b, err := c.bytes(1, maxArgument)
		if err != nil {
			c.output.dropped++
			return 0
		}
		c.output.addLine(level(abi.Level(c.i32(0))), string(b))
		return 0
	}},
	"deadline": {nil, nanosI64, func(c *call) int64 { return int64(max(0, time.Until(c.deadline))) }},
	"now":      {nil, nanosI64, func(c *call) int64 { return c.in.now().UnixNano() }},
	"error": {[]api.ValueType{i32, i32}, errnoI32, func(c *call) int64 {
		return c.put(0, c.errorText())
	}},
}

func level(l abi.Level) slog.Level {
	switch {
	case l <= abi.LevelDebug:
		return slog.LevelDebug
	case l == abi.LevelInfo:
		return slog.LevelInfo
	case l == abi.LevelWarn:
		return slog.LevelWarn
	default:
		return slog.LevelError
	}
}
