package rollup

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"
)

// Slots returns how many buckets of a step a row holds. A row begins at a multiple of
// their total length since 1970.
func Slots(step time.Duration) int64 {
	if step == Daily {
		return 30
	}
	return 24
}

// RowStart returns when the row begins that has the bucket of a time.
func RowStart(t time.Time, step time.Duration) time.Time {
	return Start(t, step*time.Duration(Slots(step)))
}

// A bucket in a row is:
//   - a byte: its position in the row, and the flags below
//   - Runs·4 + the kind of its times, as a varint
//   - Unhealthy and Undecided, as varints, with flagCounts
//   - the mean, and without flagSame Min and Max, in 4 bytes each, or 8 with flagWide; nothing
//     if Runs is 0
//   - its times in milliseconds, as varints: with timesRest Up, Down and Maintenance, with
//     timesPart Unknown, too
//
// If a row has a position twice, the last one counts.
const (
	slotMask   = 1<<5 - 1
	flagWide   = 1 << 5 // or the values are float32, which have seven digits
	flagSame   = 1 << 6 // Min and Max equal the mean
	flagCounts = 1 << 7

	timesNone = 0 // not a status
	timesUp   = 1 // up all the time
	timesRest = 2 // what is not listed is unknown
	timesPart = 3 // not the whole step counts
)

// Append appends the encoding of a bucket. If it is not settled, more values will be added
// to it: then the values keep all their digits.
func Append(to []byte, b *Bucket, step time.Duration, settled bool) []byte {
	slot := int64(b.At.Sub(RowStart(b.At, step)) / step)
	head, kind := byte(slot), timesOf(b, step)
	wide := !settled || !narrow(b.Mean) || !narrow(b.Min) || !narrow(b.Max)
	mean, low, high := b.Mean, b.Min, b.Max
	if !wide {
		mean, low, high = float64(float32(mean)), float64(float32(low)), float64(float32(high))
	}
	if wide {
		head |= flagWide
	}
	if low == mean && high == mean {
		head |= flagSame
	}
	if b.Unhealthy != 0 || b.Undecided != 0 {
		head |= flagCounts
	}
	to = append(to, head)
	to = binary.AppendUvarint(to, uint64(b.Runs)<<2|kind)
	if head&flagCounts != 0 {
		to = binary.AppendUvarint(to, uint64(b.Unhealthy))
		to = binary.AppendUvarint(to, uint64(b.Undecided))
	}
	if b.Runs > 0 {
		to = appendValue(to, mean, wide)
		if head&flagSame == 0 {
			to = appendValue(appendValue(to, low, wide), high, wide)
		}
	}
	return appendTimes(to, b, kind)
}

// narrow reports whether a float32 can hold about that value.
func narrow(v float64) bool { return math.Abs(v) <= math.MaxFloat32 }

func appendValue(to []byte, v float64, wide bool) []byte {
	if wide {
		return binary.LittleEndian.AppendUint64(to, math.Float64bits(v))
	}
	return binary.LittleEndian.AppendUint32(to, math.Float32bits(float32(v)))
}

func timesOf(b *Bucket, step time.Duration) uint64 {
	switch all := b.Up + b.Down + b.Unknown + b.Maintenance; {
	case all == 0:
		return timesNone
	case b.Up == step && all == step:
		return timesUp
	case all == step:
		return timesRest
	default:
		return timesPart
	}
}

func appendTimes(to []byte, b *Bucket, kind uint64) []byte {
	if kind < timesRest {
		return to
	}
	times := []time.Duration{b.Up, b.Down, b.Maintenance, b.Unknown}
	if kind == timesRest {
		times = times[:3]
	}
	for _, d := range times {
		to = binary.AppendUvarint(to, uint64(max(0, d.Milliseconds())))
	}
	return to
}

// Encode returns the row that has the buckets, which are in order of time.
func Encode(buckets []Bucket, step time.Duration) []byte {
	var row []byte
	for n := range buckets {
		row = Append(row, &buckets[n], step, true)
	}
	return row
}

// ErrEncoding is the error of a row that is not one.
var ErrEncoding = errors.New("it is not a row of buckets")

// Decode returns the buckets of a row in order of time. With ErrEncoding, it returns those
// that it could read.
func Decode(row []byte, start time.Time, step time.Duration) ([]Bucket, error) {
	return DecodeInto(make([]Bucket, 0, Slots(step)), row, start, step)
}

// DecodeInto is like Decode. It reuses the memory of a slice.
func DecodeInto(room []Bucket, row []byte, start time.Time, step time.Duration) ([]Bucket, error) {
	all := room[:0]
	d := decoder{rest: row}
	for len(d.rest) > 0 {
		var b Bucket
		slot := d.bucket(&b, step)
		if d.bad || int64(slot) >= Slots(step) {
			return all, ErrEncoding
		}
		b.At = start.Add(time.Duration(slot) * step)
		all = Put(all, b)
	}
	return all, nil
}

// Put adds a bucket to some in order of time, or replaces the one of the same time.
func Put(all []Bucket, b Bucket) []Bucket {
	if n := len(all); n == 0 || all[n-1].At.Before(b.At) {
		return append(all, b)
	}
	n, found := slices.BinarySearchFunc(all, b.At, func(b Bucket, at time.Time) int { return b.At.Compare(at) })
	if found {
		all[n] = b
		return all
	}
	return slices.Insert(all, n, b)
}

// decoder reads a row. What it reads after the end is zero, and bad is set.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) bucket(b *Bucket, step time.Duration) (slot byte) {
	head := d.bytes(1)[0]
	word := d.varint()
	b.Runs = int64(word >> 2)
	if head&flagCounts != 0 {
		b.Unhealthy, b.Undecided = int64(d.varint()), int64(d.varint())
	}
	if b.Runs > 0 {
		wide := head&flagWide != 0
		b.Mean = d.value(wide)
		if b.Min, b.Max = b.Mean, b.Mean; head&flagSame == 0 {
			b.Min, b.Max = d.value(wide), d.value(wide)
		}
	}
	switch word & 3 {
	case timesUp:
		b.Up = step
	case timesRest:
		b.Up, b.Down, b.Maintenance = d.duration(), d.duration(), d.duration()
		b.Unknown = step - b.Up - b.Down - b.Maintenance
		d.bad = d.bad || b.Unknown < 0
	case timesPart:
		b.Up, b.Down, b.Maintenance, b.Unknown = d.duration(), d.duration(), d.duration(), d.duration()
	}
	return head & slotMask
}

// zeros is what is read after the end.
var zeros [8]byte

func (d *decoder) bytes(n int) []byte {
	if len(d.rest) < n {
		d.rest, d.bad = nil, true
		return zeros[:n]
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) varint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v > math.MaxInt64/4 {
		d.rest, d.bad = nil, true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// duration reads milliseconds, at most those of a day.
func (d *decoder) duration() time.Duration {
	v := d.varint()
	if v > uint64(Daily/time.Millisecond) {
		d.rest, d.bad = nil, true
		return 0
	}
	return time.Duration(v) * time.Millisecond
}

func (d *decoder) value(wide bool) float64 {
	v := 0.0
	if wide {
		v = math.Float64frombits(binary.LittleEndian.Uint64(d.bytes(8)))
	} else {
		v = float64(math.Float32frombits(binary.LittleEndian.Uint32(d.bytes(4))))
	}
	d.bad = d.bad || !finite(v)
	return v
}
