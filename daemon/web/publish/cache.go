package publish

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Fresh is how long an answer is given again, so that a crowd costs nothing.
	Fresh = 10 * time.Second
	// stale is how old an answer may be that is given while a new one is made.
	stale = time.Minute
)

// Cache keeps answers. The keys must be few, and not of a client's choice.
type Cache struct {
	mu  sync.Mutex
	all map[string]*answer
}

// answer is made by one caller at a time.
type answer struct {
	making chan struct{} // has an element while a caller makes it
	last   atomic.Pointer[made]
}

type made struct {
	at   time.Time
	body []byte
}

// Get returns the answer of a key. It makes one if there isn't one, or none that is fresh.
// While one caller makes it, the others get the last one, or wait until ctx ends if that is
// too old. An error is not kept.
func (c *Cache) Get(ctx context.Context, key string, now func() time.Time, make func() ([]byte, error)) ([]byte, error) {
	a := c.answer(key)
	last := a.last.Load()
	if last != nil && now().Sub(last.at) < Fresh {
		return last.body, nil
	}
	select {
	case a.making <- struct{}{}:
	default:
		if last != nil && now().Sub(last.at) < stale {
			return last.body, nil
		}
		select {
		case a.making <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { <-a.making }()
	at := now()
	if last := a.last.Load(); last != nil && at.Sub(last.at) < Fresh { // made meanwhile
		return last.body, nil
	}
	body, err := make()
	if err != nil {
		return nil, err
	}
	a.last.Store(&made{at, body})
	return body, nil
}

func (c *Cache) answer(key string) *answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string]*answer{}
	}
	a := c.all[key]
	if a == nil {
		a = &answer{making: make(chan struct{}, 1)}
		c.all[key] = a
	}
	return a
}
