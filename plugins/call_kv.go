package plugins

import (
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/api"
)

var kvCalls = map[string]hostCall{
	"kv_get": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		key, err := c.kvKey(0)
		if err != nil {
			return int64(c.deny(err))
		}
		if err := c.Hold(c.keepable()); err != nil {
			return int64(c.fail(err))
		}
		defer c.Release(c.keepable())
		value, ok, err := c.kept(key)
		if err != nil {
			return int64(c.failOwn("vega could not read what the probe keeps", err))
		}
		if !ok {
			return int64(c.fail(fmt.Errorf("key %q: %w", key, errNotSet)))
		}
		return put(c, 2, value)
	}},
	"kv_set": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		key, err := c.kvKey(0)
		if err != nil {
			return int64(c.deny(err))
		}
		value, err := c.view(2, maxKVValue)
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(c.keep(key, value))
	}},
}

// keepable is the most memory that a value takes on its way: it is as long as
// the grant or the ABI has it, and comes out of the database as a copy of its
// own.
func (c *call) keepable() int { return 2 * int(min(c.in.Grants.KV, maxKVValue)) }

// kept is the value under a key. The caller holds what keepable says.
func (c *call) kept(key string) (value []byte, ok bool, err error) {
	c.wait(func() { value, ok, err = c.module.sandbox.options.KV.Get(c.ctx, c.in.Integration, key) })
	c.pay(priceStore + moved(len(value)))
	return value, ok, err
}

// keep keeps a copy of the value, without the secrets in it: none reaches the store.
func (c *call) keep(key string, value []byte) int32 {
	if err := c.Hold(hiddenCopies * len(value)); err != nil {
		return c.fail(err)
	}
	defer c.Release(hiddenCopies * len(value))
	value, err := c.hide(value)
	if err != nil {
		return c.fail(err)
	}
	c.pay(priceStore + priceKeys + priceOf(len(value), priceKeepKiB))
	c.wait(func() {
		err = c.module.sandbox.options.KV.Set(c.ctx, c.in.Integration, key, value, int64(c.in.Grants.KV))
	})
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrQuota):
		return c.fail(err)
	default:
		return c.failOwn("vega could not keep what the probe stores", err)
	}
}

// kvKey judges the use of storage and reads the key.
func (c *call) kvKey(i int) (string, error) {
	if err := c.in.Grants.AllowsKV(); err != nil {
		return "", err
	}
	if c.module.sandbox.options.KV == nil {
		return "", fmt.Errorf("%w: this sandbox keeps nothing", errInvalid)
	}
	key, err := c.bytes(i, maxKVKey)
	if err == nil && len(key) == 0 {
		err = fmt.Errorf("%w: an empty key", errInvalid)
	}
	return c.vault.Hide(string(key)), err
}
