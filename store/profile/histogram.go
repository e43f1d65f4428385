package profile

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// A histogram has eight buckets per octave, so a percentile is off by at most
// 6.25 %. It counts in units of 32 ns: exactly up to 256 ns, in octaves up to
// 69 s, and in one bucket above.
const (
	unitBits    = 5
	octaves     = 28
	bucketCount = 8 + 8*octaves
)

// bucket returns the bucket of a duration.
func bucket(d time.Duration) int {
	units := uint64(max(d, 0)) >> unitBits
	if units < 8 {
		return int(units)
	}
	shift := bits.Len64(units) - 4
	return min(8*shift+int(units>>shift), bucketCount-1)
}

// middle returns the duration in the middle of a bucket.
func middle(bucket int) time.Duration {
	if bucket < 8 {
		return time.Duration(bucket<<unitBits + 1<<(unitBits-1))
	}
	shift := bucket/8 - 1
	low := uint64(bucket%8+8) << shift
	return time.Duration(low<<unitBits + 1<<(shift+unitBits-1))
}

// stats accumulates the figures of one statement.
type stats struct {
	sum, min, max atomic.Int64 // nanoseconds
	failed, slow  atomic.Int64
	buckets       [bucketCount]atomic.Uint64
}

func (s *stats) init() { s.min.Store(math.MaxInt64) }

func (s *stats) add(d time.Duration, failed, slow bool) {
	n := int64(d)
	s.sum.Add(n)
	s.buckets[bucket(d)].Add(1)
	for old := s.min.Load(); n < old && !s.min.CompareAndSwap(old, n); {
		old = s.min.Load()
	}
	for old := s.max.Load(); n > old && !s.max.CompareAndSwap(old, n); {
		old = s.max.Load()
	}
	if failed {
		s.failed.Add(1)
	}
	if slow {
		s.slow.Add(1)
	}
}

// figures is a snapshot of stats. Figures of several statements can be added.
type figures struct {
	total, failed, slow int64
	sum, min, max       time.Duration
	buckets             [bucketCount]uint64
}

// read copies s, which other goroutines may be updating.
func (f *figures) read(s *stats) {
	for i := range s.buckets {
		n := s.buckets[i].Load()
		f.buckets[i] = n
		f.total += int64(n)
	}
	f.failed, f.slow = s.failed.Load(), s.slow.Load()
	f.sum = time.Duration(s.sum.Load())
	f.min, f.max = time.Duration(s.min.Load()), time.Duration(s.max.Load())
}

// add adds other figures, which must not be empty.
func (f *figures) add(of *figures) {
	if f.total == 0 || of.min < f.min {
		f.min = of.min
	}
	f.max = max(f.max, of.max)
	f.total += of.total
	f.failed += of.failed
	f.slow += of.slow
	f.sum += of.sum
	for i, n := range of.buckets {
		f.buckets[i] += n
	}
}

// percentile returns the duration that a fraction of all queries, from 0 to 1,
// did not exceed.
func (f *figures) percentile(part float64) time.Duration {
	rank := uint64(math.Ceil(part * float64(f.total)))
	var seen uint64
	for i, n := range f.buckets {
		if seen += n; n > 0 && seen >= rank {
			if i == bucketCount-1 {
				return f.max
			}
			return min(max(middle(i), f.min), f.max)
		}
	}
	return 0
}
