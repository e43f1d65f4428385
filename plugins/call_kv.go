package plugins

import (
	"fmt"

	"github.com/tetratelabs/wazero/api"
)

var kvCalls = map[string]hostCall{
	"kv_get": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		key, err := c.kvKey(0)
		if err != nil {
			return int64(c.deny(err))
		}
		value, ok, err := c.sandbox.options.KV.Get(c.ctx, c.in.Integration, key)
		if err == nil && !ok {
			err = fmt.Errorf("key %q: %w", key, errNotSet)
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return c.put(2, string(value))
	}},
	"kv_set": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		key, err := c.kvKey(0)
		if err != nil {
			return int64(c.deny(err))
		}
		value, err := c.bytes(2, maxKVValue)
		if err == nil {
			err = c.sandbox.options.KV.Set(c.ctx, c.in.Integration, key, value, int64(c.in.Grants.KV))
		}
		if err != nil {
			return int64(c.fail(err))
		}
		return 0
	}},
}

// kvKey judges the use of storage and reads the key.
func (c *call) kvKey(i int) (string, error) {
	if err := c.in.Grants.AllowsKV(); err != nil {
		return "", err
	}
	if c.sandbox.options.KV == nil {
		return "", fmt.Errorf("%w: this sandbox keeps nothing", errInvalid)
	}
	key, err := c.bytes(i, maxKVKey)
	if err == nil && len(key) == 0 {
		err = fmt.Errorf("%w: an empty key", errInvalid)
	}
	return string(key), err
}
