package sdk

import (
	"unsafe"

	"vega/sdk/abi"
)

// KVGet returns a value stored by an earlier run of this integration, or
// ErrNotSet.
func (r *Run) KVGet(key string) (string, error) {
	return whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 { return abi.KVGet(key, buf, size) })
}

// KVSet stores a value for later runs of this integration, within its quota.
func (r *Run) KVSet(key, value string) error {
	if n := abi.KVSet(key, value); n < 0 {
		return failure(n)
	}
	return nil
}
