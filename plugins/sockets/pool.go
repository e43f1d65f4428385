package sockets

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// Pool is a number of descriptors that runs share. It is safe for concurrent
// use. A nil Pool has no limit.
type Pool struct {
	mu      sync.Mutex
	size    int
	used    int
	waiting list.List // of *waiter, in order of arrival
}

type waiter struct {
	n     int
	ready chan struct{} // closed when the waiter is served
}

// NewPool returns a pool of size descriptors.
func NewPool(size int) *Pool { return &Pool{size: size} }

// Resize changes the size. If it shrinks the pool, descriptors that exceed the
// new size stay in use.
func (p *Pool) Resize(size int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size = size
	p.serve()
}

// Size returns how many descriptors the pool has, or 0 if it has no limit.
func (p *Pool) Size() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}

// Waiting returns how many callers of Allow are waiting.
func (p *Pool) Waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting.Len()
}

// Allow waits until n descriptors are free, or returns the error of ctx when it
// ends. Waiters are served in order of arrival. If the pool is smaller than n,
// Allow returns all that it has. The caller must call End.
func (p *Pool) Allow(ctx context.Context, n int) (*Allowance, error) {
	if p == nil {
		return nil, nil
	}
	p.mu.Lock()
	n = max(1, min(n, p.size))
	if p.waiting.Len() == 0 && p.used+n <= max(p.size, 1) {
		p.used += n
		p.mu.Unlock()
		return &Allowance{pool: p, reserve: n, unused: n}, nil
	}
	began := time.Now()
	w := &waiter{n: n, ready: make(chan struct{})}
	place := p.waiting.PushBack(w)
	p.mu.Unlock()
	select {
	case <-w.ready:
	case <-ctx.Done():
		if !p.leave(place, w) {
			return nil, ctx.Err()
		}
	}
	return &Allowance{pool: p, reserve: w.n, unused: w.n, waited: time.Since(began)}, nil
}

// leave removes a waiter from the queue. It returns true if that was too late,
// because the waiter has already been served.
func (p *Pool) leave(place *list.Element, w *waiter) (served bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-w.ready:
		return true
	default:
		p.waiting.Remove(place)
		p.serve() // the next waiters may need less
		return false
	}
}

// try takes one descriptor if one is free and nobody is waiting.
func (p *Pool) try() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting.Len() > 0 || p.used >= p.size {
		return false
	}
	p.used++
	return true
}

func (p *Pool) give(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used -= n
	p.serve()
}

// serve admits the waiters that now fit. The caller holds p.mu.
func (p *Pool) serve() {
	for e := p.waiting.Front(); e != nil; e = p.waiting.Front() {
		w := e.Value.(*waiter)
		w.n = max(1, min(w.n, p.size))
		if p.used > 0 && p.used+w.n > p.size {
			return
		}
		p.used += w.n
		p.waiting.Remove(e)
		close(w.ready)
	}
}
