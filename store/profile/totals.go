package profile

import "time"

// Totals counts the queries since the last Reset, and the state of the pools:
// the part of Stats that is cheap enough to read every few seconds.
type Totals struct {
	Since               time.Time
	Total, Failed, Slow int64
	Pools               []Pool
}

// Totals counts without copying queries or statements.
func (p *Profiler) Totals() Totals {
	w := p.window.Load()
	t := Totals{Since: w.since.UTC(), Pools: p.poolStats()}
	w.mu.Lock()
	defer w.mu.Unlock()
	t.add(&w.other.stats)
	for _, shape := range w.shapes {
		t.add(&shape.stats)
	}
	return t
}

func (t *Totals) add(s *stats) {
	for i := range s.buckets {
		t.Total += int64(s.buckets[i].Load())
	}
	t.Failed += s.failed.Load()
	t.Slow += s.slow.Load()
}
