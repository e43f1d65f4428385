package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// phase is when an integration runs within its interval: at the wall-clock times t
// for which t mod every equals offset.
type phase struct{ every, offset time.Duration }

// assignPhases assigns a phase to each integration that has none for its interval.
// It spreads the integrations of one interval evenly, ordered by a hash of their
// names so that a restart yields the same order. An integration that is added later
// goes into the widest gap, and the others keep their phase.
//
// Only the scheduler's goroutine reads and writes phases.
func assignPhases(integrations []*integration) {
	assigned, unassigned := map[time.Duration][]time.Duration{}, map[time.Duration][]*integration{}
	for _, i := range integrations {
		b, _ := i.current()
		switch {
		case !b.Enabled || b.Interval <= 0:
		case i.phase.every == b.Interval:
			assigned[b.Interval] = append(assigned[b.Interval], i.phase.offset)
		default:
			unassigned[b.Interval] = append(unassigned[b.Interval], i)
		}
	}
	for every, joining := range unassigned {
		slices.SortFunc(joining, func(a, b *integration) int { return bytes.Compare(hash(a.name), hash(b.name)) })
		if used := assigned[every]; len(used) > 0 {
			fillGaps(every, used, joining)
		} else {
			spread(every, joining)
		}
	}
}

// spread assigns evenly spaced phases. The first offset depends on the interval, so
// integrations with different intervals do not all start together.
func spread(every time.Duration, all []*integration) {
	begin := time.Duration(binary.BigEndian.Uint64(hash(every.String())) % uint64(every))
	for n, i := range all {
		share := time.Duration(float64(every) * float64(n) / float64(len(all)))
		i.phase = phase{every, (begin + share) % every}
	}
}

// fillGaps puts each integration in the middle of the widest remaining gap.
func fillGaps(every time.Duration, used []time.Duration, joining []*integration) {
	slices.Sort(used)
	for _, i := range joining {
		widest, after := used[0]+every-used[len(used)-1], len(used)-1 // the gap across the end of the interval
		for n := 1; n < len(used); n++ {
			if gap := used[n] - used[n-1]; gap > widest {
				widest, after = gap, n-1
			}
		}
		i.phase = phase{every, (used[after] + widest/2) % every}
		at, _ := slices.BinarySearch(used, i.phase.offset)
		used = slices.Insert(used, at, i.phase.offset)
	}
}

func hash(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:]
}
