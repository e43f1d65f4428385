package live

import (
	"context"
	"time"

	"vega/policies/check"
)

// Read returns the last stored runs of an integration, limit at most and the last one last,
// and when the status of the last one began.
type Read func(ctx context.Context, name string, limit int) (runs []check.Run, since time.Time, err error)

// rest is how long Recall rests for each unit of time that it reads, so that it takes
// little from the checks after a start.
const rest = 3

// retry is how long Recall waits after an error.
const retry = time.Minute

// Recall adds the stored runs of the integrations that Configure adds, until ctx ends. If
// they can't be read, failed is called, and Recall tries again until they can. Until then,
// the integrations have no earlier runs.
func (b *Board) Recall(ctx context.Context, read Read, failed func(error)) {
	var again <-chan time.Time // nil: the last try succeeded
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.added:
		case <-again:
		}
		err := b.recallAll(ctx, read)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			again = nil
			continue
		case again == nil:
			failed(err)
		}
		again = time.After(retry)
	}
}

func (b *Board) recallAll(ctx context.Context, read Read) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	names := b.unread()
	for n, name := range names {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
		began := time.Now()
		runs, since, err := read(ctx, name, Beats)
		if err != nil {
			b.postpone(append(names[n+1:], name)) // the others first: only this one may be damaged
			return err
		}
		b.recall(name, runs, since)
		pause.Reset(rest * time.Since(began))
	}
	return nil
}

// unread returns the names of the integrations that were added since it was last called.
func (b *Board) unread() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := b.news
	b.news = nil
	return names
}

// postpone makes unread return names again.
func (b *Board) postpone(names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.news = append(names, b.news...)
}

func (b *Board) recall(name string, runs []check.Run, since time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.rows[name]; r != nil && r.recall(runs, since) {
		b.touch(r, name)
	}
}

// recall puts stored runs in front of those that the row has, without those that it has
// itself. It reports whether that changed the row.
func (r *row) recall(runs []check.Run, since time.Time) bool {
	for r.count > 0 && len(runs) > 0 && runs[len(runs)-1].Began.UnixMilli() >= r.oldest {
		runs = runs[:len(runs)-1]
	}
	if len(runs) == 0 {
		return false
	}
	known, status, before := r.export(), runs[len(runs)-1].Status, r.since
	next := row{changed: r.changed}
	for n := range runs {
		next.add(&runs[n])
	}
	if single(runs) {
		next.since = since
	}
	for n, beat := range known.Beats {
		if beat != status {
			next.since, status = before, ""
		}
		next.append(number(beat))
		if n == 0 {
			next.oldest = r.oldest
		}
	}
	*r = next
	return true
}

// single reports whether all runs have the same status.
func single(runs []check.Run) bool {
	for n := range runs {
		if runs[n].Status != runs[0].Status {
			return false
		}
	}
	return true
}
