package sdk

import (
	"errors"
	"unsafe"

	"vega/sdk/abi"
)

// KVGet returns a value stored by an earlier run of this integration, or
// ErrNotSet, such as in the first run.
func (r *Run) KVGet(key string) (string, error) {
	value, err := whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 { return abi.KVGet(key, buf, size) })
	if call, ok := errors.AsType[*Error](err); ok {
		call.unstored = is(call, ErrNotSet)
	}
	return value, err
}

// KVSet stores a value for later runs of this integration, within its quota. An
// empty value deletes the key.
func (r *Run) KVSet(key, value string) error {
	if n := abi.KVSet(key, value); n < 0 {
		return failure(n)
	}
	return nil
}
