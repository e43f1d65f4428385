package store

import (
	"context"
	"time"
)

// Memories stores text for a language model to remember, by key.
type Memories interface {
	// Memory returns the memory with this key, or ErrNotFound.
	Memory(ctx context.Context, key string) (Memory, error)
	// SetMemory creates a memory or replaces its value.
	SetMemory(ctx context.Context, key, value string) error
	// DeleteMemory deletes a memory, or returns ErrNotFound.
	DeleteMemory(ctx context.Context, key string) error
	// Memories returns the memories with keys greater than after, sorted by
	// key in byte order. The limit is as in Query.
	Memories(ctx context.Context, after string, limit int) ([]Memory, error)
}

// Memory is a piece of text to remember.
type Memory struct {
	Key     string    `json:"key"`
	Value   string    `json:"value"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`
}

// ValidateMemory returns an *InvalidError if the key or value cannot be stored.
func ValidateMemory(key, value string) error {
	return firstInvalid(checkName("key", key), checkText("value", value))
}
