package engine

import (
	"bytes"
	"container/heap"
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

// fillGaps puts each integration in the middle of the widest remaining gap. Of gaps that
// are equally wide, the one across the end of the interval is the first.
func fillGaps(every time.Duration, used []time.Duration, joining []*integration) {
	slices.Sort(used)
	all := gaps{every: every}
	for n, from := range used {
		to := used[0] + every
		if n+1 < len(used) {
			to = used[n+1]
		}
		all.list = append(all.list, gap{from, to - from})
	}
	heap.Init(&all)
	for _, i := range joining {
		widest := &all.list[0]
		half := widest.width / 2
		i.phase = phase{every, (widest.from + half) % every}
		rest := gap{i.phase.offset, widest.width - half}
		widest.width = half
		heap.Fix(&all, 0)
		heap.Push(&all, rest)
	}
}

// gap is a part of an interval in which no integration begins.
type gap struct{ from, width time.Duration }

// gaps is a heap with the gap that is filled next on top.
type gaps struct {
	every time.Duration
	list  []gap
}

func (g *gaps) Len() int      { return len(g.list) }
func (g *gaps) Swap(i, j int) { g.list[i], g.list[j] = g.list[j], g.list[i] }

func (g *gaps) Less(i, j int) bool {
	a, b := g.list[i], g.list[j]
	if a.width != b.width {
		return a.width > b.width
	}
	if across := a.from+a.width >= g.every; across != (b.from+b.width >= g.every) {
		return across
	}
	return a.from < b.from
}

// Push implements heap.Interface.
func (g *gaps) Push(x any) { g.list = append(g.list, x.(gap)) }

// Pop implements heap.Interface.
func (g *gaps) Pop() any {
	last := g.list[len(g.list)-1]
	g.list = g.list[:len(g.list)-1]
	return last
}

func hash(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:]
}
