package store

import (
	"context"
	"fmt"
)

const (
	// MaxKey is the maximum length of a key, in bytes.
	MaxKey = 256
	// MaxKeys is the maximum number of keys per integration. It is limited
	// because each Set sums up their sizes.
	MaxKeys = 1000
)

// KV stores the values that probes keep between runs, separately for each
// integration.
type KV interface {
	// Get returns a value, and whether there is one.
	Get(ctx context.Context, integration, key string) ([]byte, bool, error)
	// Set stores a value; an empty one deletes the key. It returns ErrQuota,
	// and changes nothing, if the keys and values of the integration would
	// exceed quota bytes or MaxKeys.
	Set(ctx context.Context, integration, key string, value []byte, quota int64) error
}

// ValidateKey rejects keys that are empty or longer than MaxKey.
func ValidateKey(key string) error {
	if len(key) == 0 || len(key) > MaxKey {
		return fmt.Errorf("a key must have 1 to %d bytes, not %d", MaxKey, len(key))
	}
	return nil
}

// CheckQuota returns ErrQuota if an integration may not add a key and value.
// keys is the number of its other keys, and used the bytes of those and their
// values.
func CheckQuota(integration, key string, value []byte, keys, used, quota int64) error {
	if keys >= MaxKeys {
		return fmt.Errorf("%s already keeps %d keys, the maximum: %w", integration, keys, ErrQuota)
	}
	if total := used + int64(len(key)+len(value)); total > quota {
		return fmt.Errorf("%s would keep %d bytes, more than the %d that kv in its grant block allows: %w", integration, total, quota, ErrQuota)
	}
	return nil
}
