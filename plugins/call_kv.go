package plugins

import (
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/span"
)

var kvCalls = map[string]hostCall{
	"kv_get": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		key, err := kvKey(c, 0)
		if err != nil {
			return int64(c.deny(err))
		}
		if err := c.Hold(valueMemory(c)); err != nil {
			return int64(c.fail(err))
		}
		defer c.Release(valueMemory(c))
		value, ok, err := getValue(c, key)
		if err != nil {
			return int64(c.failOwn("vega could not read the probe's stored value", err))
		}
		if !ok {
			return int64(c.fail(fmt.Errorf("key %q: %w", key, errNotSet)))
		}
		return put(c, 2, value)
	}},
	"kv_set": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		key, err := kvKey(c, 0)
		if err != nil {
			return int64(c.deny(err))
		}
		value, err := c.view(2, maxKVValue)
		if err != nil {
			return int64(c.fail(err))
		}
		return int64(setValue(c, key, value))
	}},
}

// valueMemory returns the maximum memory needed to read a value: the grant or
// the ABI limits its length, and the database returns a copy of its own.
func valueMemory(c *call) int { return 2 * int(min(c.in.Grants.KV, maxKVValue)) }

// getValue reads the value of a key. The caller must hold valueMemory.
func getValue(c *call, key string) (value []byte, ok bool, err error) {
	part := c.in.Span.Begin(span.KV, "kv_get")
	c.wait(func() { value, ok, err = c.module.sandbox.options.KV.Get(c.ctx, c.in.Integration, key) })
	c.endSpan(part, err)
	c.lease.Charge(priceStore + moved(len(value)))
	return value, ok, err
}

// setValue stores a copy of the value without the secrets in it.
func setValue(c *call, key string, value []byte) int32 {
	if err := c.Hold(hideCopies * len(value)); err != nil {
		return c.fail(err)
	}
	defer c.Release(hideCopies * len(value))
	value, err := hide(c.guest, value)
	if err != nil {
		return c.fail(err)
	}
	c.lease.Charge(priceStore + priceKeys + priceOf(len(value), priceKeepKiB))
	part := c.in.Span.Begin(span.KV, "kv_set")
	c.wait(func() {
		err = c.module.sandbox.options.KV.Set(c.ctx, c.in.Integration, key, value, int64(c.in.Grants.KV))
	})
	c.endSpan(part, err)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrQuota):
		return c.fail(err)
	default:
		return c.failOwn("vega could not store the probe's value", err)
	}
}

// kvKey checks the grant for storage and reads the key.
func kvKey(c *call, i int) (string, error) {
	if err := c.in.Grants.AllowsKV(); err != nil {
		return "", err
	}
	if c.module.sandbox.options.KV == nil {
		return "", fmt.Errorf("%w: this sandbox has no storage", errInvalid)
	}
	key, err := c.bytes(i, maxKVKey)
	if err == nil && len(key) == 0 {
		err = fmt.Errorf("%w: the key is empty", errInvalid)
	}
	return c.vault.Hide(string(key)), err
}
