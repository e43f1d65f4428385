package rollups

import (
	"context"
	"database/sql"
	"encoding/binary"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
	"vega/store"
)

func encodeSpeaks(d time.Duration) []byte {
	return binary.AppendUvarint(nil, uint64(max(0, d.Milliseconds())))
}

func decodeSpeaks(data []byte) (time.Duration, bool) {
	ms, n := binary.Uvarint(data)
	return time.Duration(ms) * time.Millisecond, n > 0 && ms < uint64(1000*rollup.Daily/time.Millisecond)
}

// Add rolls up runs in the transaction that has stored them, just before. Call it within
// Transact.
func (t *Tables) Add(ctx context.Context, tx *sql.Tx, batch []store.PackedRun) error {
	if len(batch) == 0 {
		return nil
	}
	s, err := t.begin(ctx, tx)
	if err != nil {
		return err
	}
	b := adder{session: s, touched: map[string]*state{}, late: map[*state]*lateRuns{}, loaded: map[*state]time.Time{}}
	for n := range batch {
		if err := b.add(batch[n].Run, len(batch)-n); err != nil {
			return err
		}
	}
	for _, st := range b.touched {
		if err := b.finish(st); err != nil {
			return err
		}
	}
	return s.flush()
}

// adder adds a batch of runs.
type adder struct {
	*session
	touched map[string]*state
	late    map[*state]*lateRuns
	loaded  map[*state]time.Time // from when on runs were read, with those of the batch
	highest int64                // number of the last run of the batch
}

// number returns the number of a run by its position from the end of the batch.
func (b *adder) number(fromEnd int) (int64, error) {
	if b.highest == 0 {
		if _, err := b.find(highestRun, nil, &b.highest); err != nil {
			return 0, err
		}
	}
	return b.highest - int64(fromEnd) + 1, nil
}

func (b *adder) add(r *check.Run, fromEnd int) error {
	st := b.t.states[r.Integration]
	if st == nil {
		var err error
		if st, err = b.meet(r.Integration, fromEnd); err != nil {
			return err
		}
	}
	b.touched[r.Integration] = st
	if from, ok := b.loaded[st]; ok {
		if r.Began.Before(from) {
			b.addLate(st, r)
		}
		return nil
	}
	if now := b.t.speaks(r.Integration); now != st.speaks && now != 0 {
		id, err := b.number(fromEnd)
		if err == nil {
			err = b.setSpeaks(st, id)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case r.Began.After(b.t.horizon()):
	case st.open.Late(r.Began):
		b.addLate(st, r)
	case !st.behind: // else it will be read
		b.count(st, r, st.speaks)
	}
	return b.failed
}

// meet loads an integration with the first of its runs.
func (b *adder) meet(name string, fromEnd int) (*state, error) {
	id, err := b.number(fromEnd)
	if err != nil {
		return nil, err
	}
	st, err := b.load(name, id)
	if err != nil {
		return nil, err
	}
	b.t.states[name], b.loaded[st] = st, st.folded
	if st.behind {
		b.t.wake()
	}
	return st, b.failed
}

// finish ends a batch for an integration.
func (b *adder) finish(st *state) error {
	if l := b.late[st]; l != nil {
		if err := b.correct(st, l); err != nil {
			return err
		}
	}
	if !st.behind {
		st.since = nil
	}
	return b.settle(st)
}
