package daemon

import (
	"context"
	"errors"
	"fmt"

	"vega/plugins"
	"vega/store"
)

// kv is the store as the sandbox wants it: the one thing that the two packages
// name differently is a full quota.
type kv struct{ store *store.Store }

func newKV(s *store.Store) kv { return kv{s} }

// Get returns what the integration keeps under the key.
func (k kv) Get(ctx context.Context, integration, key string) ([]byte, bool, error) {
	return k.store.Get(ctx, integration, key)
}

// Set keeps the value for the integration.
func (k kv) Set(ctx context.Context, integration, key string, value []byte, quota int64) error {
	err := k.store.Set(ctx, integration, key, value, quota)
	if errors.Is(err, store.ErrQuota) {
		return fmt.Errorf("%w: %w", plugins.ErrQuota, err)
	}
	return err
}
