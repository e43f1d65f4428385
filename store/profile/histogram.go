package profile

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

// A histogram has eight buckets an octave, so a percentile is off by 6.25 % at
// most. It counts in units of 32 ns: exactly up to 256 ns, in octaves up to
// 69 s, and together above.
const (
	unitBits    = 5
	octaves     = 28
	bucketCount = 8 + 8*octaves
)

// bucket is where a duration is counted.
func bucket(d time.Duration) int {
	units := uint64(max(d, 0)) >> unitBits
	if units < 8 {
		return int(units)
	}
	shift := bits.Len64(units) - 4
	return min(8*shift+int(units>>shift), bucketCount-1)
}

// middle is the duration that a bucket stands for.
func middle(bucket int) time.Duration {
	if bucket < 8 {
		return time.Duration(bucket<<unitBits + 1<<(unitBits-1))
	}
	shift := bucket/8 - 1
	low := uint64(bucket%8+8) << shift
	return time.Duration(low<<unitBits + 1<<(shift+unitBits-1))
}

// stats are the running figures of one statement.
type stats struct {
	sum, least, most atomic.Int64 // nanoseconds
	failed, slow     atomic.Int64
	buckets          [bucketCount]atomic.Uint64
}

func (s *stats) init() { s.least.Store(math.MaxInt64) }

func (s *stats) add(d time.Duration, failed, slow bool) {
	n := int64(d)
	s.sum.Add(n)
	s.buckets[bucket(d)].Add(1)
	for old := s.least.Load(); n < old && !s.least.CompareAndSwap(old, n); {
		old = s.least.Load()
	}
	for old := s.most.Load(); n > old && !s.most.CompareAndSwap(old, n); {
		old = s.most.Load()
	}
	if failed {
		s.failed.Add(1)
	}
	if slow {
		s.slow.Add(1)
	}
}

// figures are stats at one moment; those of several statements can be added.
type figures struct {
	total, failed, slow int64
	sum, least, most    time.Duration
	buckets             [bucketCount]uint64
}

// read takes the figures of s, which goes on counting meanwhile.
func (f *figures) read(s *stats) {
	for i := range s.buckets {
		n := s.buckets[i].Load()
		f.buckets[i] = n
		f.total += int64(n)
	}
	f.failed, f.slow = s.failed.Load(), s.slow.Load()
	f.sum = time.Duration(s.sum.Load())
	f.least, f.most = time.Duration(s.least.Load()), time.Duration(s.most.Load())
}

// add joins those of another, which are not empty.
func (f *figures) add(of *figures) {
	if f.total == 0 || of.least < f.least {
		f.least = of.least
	}
	f.most = max(f.most, of.most)
	f.total += of.total
	f.failed += of.failed
	f.slow += of.slow
	f.sum += of.sum
	for i, n := range of.buckets {
		f.buckets[i] += n
	}
}

// percentile is the duration that the given part, 0 to 1, of all queries did
// not exceed.
func (f *figures) percentile(part float64) time.Duration {
	rank := uint64(math.Ceil(part * float64(f.total)))
	var seen uint64
	for i, n := range f.buckets {
		if seen += n; n > 0 && seen >= rank {
			if i == bucketCount-1 {
				return f.most
			}
			return min(max(middle(i), f.least), f.most)
		}
	}
	return 0
}
