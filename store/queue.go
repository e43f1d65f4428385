package store

import "slices"

// queue holds runs in the order in which they are to be written, within limits of
// their number and size.
type queue struct {
	runs   []PackedRun
	bytes  int
	judged int // the first ones of runs that were judged
}

func (q *queue) len() int { return len(q.runs) }

// full reports whether one more run of that size would exceed a limit.
func (q *queue) full(bytes int) bool {
	return len(q.runs) >= maxQueued || len(q.runs) > 0 && q.bytes+bytes > maxQueuedBytes
}

func (q *queue) push(r PackedRun) {
	q.runs = append(q.runs, r)
	q.bytes += r.size()
}

// take removes and returns the first n runs, or all if there are fewer.
func (q *queue) take(n int) []PackedRun {
	n = min(n, len(q.runs))
	batch := make([]PackedRun, n)
	copy(batch, q.runs)
	clear(q.runs[:n])
	if q.runs = q.runs[n:]; len(q.runs) == 0 {
		q.runs = nil
	}
	q.bytes -= sizeOf(batch)
	q.judged = max(0, q.judged-n)
	return batch
}

// judge returns the next n runs that are to be judged, or all if there are fewer, and
// takes them as judged.
func (q *queue) judge(n int) []PackedRun {
	some := slices.Clone(q.runs[q.judged:min(q.judged+n, len(q.runs))])
	q.judged += len(some)
	return some
}

// restore puts a batch, whose runs were judged, back to the front. It returns how many of its runs, the
// oldest ones, it dropped because the limits would be exceeded.
func (q *queue) restore(batch []PackedRun) (dropped int) {
	for bytes := q.bytes + sizeOf(batch); dropped < len(batch) && (len(q.runs)+len(batch)-dropped > maxQueued || bytes > maxQueuedBytes); dropped++ {
		bytes -= batch[dropped].size()
	}
	kept := batch[dropped:]
	q.bytes += sizeOf(kept)
	q.judged += len(kept)
	q.runs = append(append(make([]PackedRun, 0, len(kept)+len(q.runs)), kept...), q.runs...)
	return dropped
}

func sizeOf(runs []PackedRun) (bytes int) {
	for n := range runs {
		bytes += runs[n].size()
	}
	return bytes
}

// runOverhead is the memory of a queued run without its texts, in bytes.
const runOverhead = 480

// size returns about how much memory a queued run takes, in bytes. Its details count
// twice: as a map and as JSON.
func (p *PackedRun) size() int {
	return runOverhead + len(p.Message) + len(p.Names) + 2*len(p.Values)
}
