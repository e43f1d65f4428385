package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// place is when an integration runs within its interval: at wall-clock times that
// leave phase when divided by every.
type place struct{ every, phase time.Duration }

// placeAll gives a place to each integration that has none for its interval. It
// spreads those of one interval evenly, in the order of a hash of their names: the
// order is the same after a restart, and does not favour names that sort first.
// One that joins later goes into the widest gap, so that no other moves.
//
// Only the scheduler's goroutine reads and writes places.
func placeAll(integrations []*integration) {
	placed, unplaced := map[time.Duration][]time.Duration{}, map[time.Duration][]*integration{}
	for _, i := range integrations {
		b, _ := i.known()
		switch {
		case !b.Enabled || b.Interval <= 0:
		case i.place.every == b.Interval:
			placed[b.Interval] = append(placed[b.Interval], i.place.phase)
		default:
			unplaced[b.Interval] = append(unplaced[b.Interval], i)
		}
	}
	for every, joining := range unplaced {
		slices.SortFunc(joining, func(a, b *integration) int { return bytes.Compare(hash(a.name), hash(b.name)) })
		if taken := placed[every]; len(taken) > 0 {
			fillGaps(every, taken, joining)
		} else {
			spread(every, joining)
		}
	}
}

// spread places integrations evenly, from a beginning that is the interval's
// own, so that those of other intervals begin elsewhere.
func spread(every time.Duration, all []*integration) {
	begin := time.Duration(binary.BigEndian.Uint64(hash(every.String())) % uint64(every))
	for n, i := range all {
		share := time.Duration(float64(every) * float64(n) / float64(len(all)))
		i.place = place{every, (begin + share) % every}
	}
}

// fillGaps places each in the middle of the widest gap that is left.
func fillGaps(every time.Duration, taken []time.Duration, joining []*integration) {
	slices.Sort(taken)
	for _, i := range joining {
		widest, after := taken[0]+every-taken[len(taken)-1], len(taken)-1 // across the end
		for n := 1; n < len(taken); n++ {
			if gap := taken[n] - taken[n-1]; gap > widest {
				widest, after = gap, n-1
			}
		}
		i.place = place{every, (taken[after] + widest/2) % every}
		at, _ := slices.BinarySearch(taken, i.place.phase)
		taken = slices.Insert(taken, at, i.place.phase)
	}
}

func hash(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:]
}
