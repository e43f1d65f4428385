package pages

import (
	"bytes"
	"encoding/binary"
	"os"
)

// log is a write-ahead log: a header and frames, each with a page.
type log struct {
	file     *os.File
	pageSize int
	order    binary.ByteOrder // of the words in checksums
	salt     []byte           // of the frames that belong to the log; older frames may follow them
	newest   map[int64]int64  // position of the newest content of each page
	highest  int64            // number of a page
	damaged  int              // frames before the last transaction that were left out
}

const (
	logHeader   = 32
	frameHeader = 24
	logMagic    = 0x377f0682 // with checksums of little-endian words; one more: of big-endian ones
)

// openLog reads the frames of committed transactions, including those that follow
// a damaged frame: the checksum of a frame starts from that of the frame before
// it, which is in the file. pageSize is used if the log's header is damaged.
func openLog(file *os.File, size int64, pageSize int) *log {
	l := &log{file: file}
	header := make([]byte, logHeader)
	if _, err := file.ReadAt(header, 0); err != nil {
		return l
	}
	if sum, ok := l.parseHeader(header); ok {
		l.scan(size, sum)
		return l
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		l.order, l.pageSize, l.salt = order, pageSize, nil
		if l.scan(size, nil); len(l.newest) > 0 {
			return l
		}
	}
	return l
}

// parseHeader returns the checksum that the first frame starts from.
func (l *log) parseHeader(b []byte) (sum []byte, ok bool) {
	l.order = binary.LittleEndian
	magic := binary.BigEndian.Uint32(b)
	if magic == logMagic+1 {
		l.order = binary.BigEndian
	}
	l.pageSize, l.salt = int(binary.BigEndian.Uint32(b[8:])), b[16:24]
	sane := magic&^1 == logMagic && l.pageSize >= minPageSize && l.pageSize <= maxPageSize && l.pageSize&(l.pageSize-1) == 0
	return b[24:32], sane && bytes.Equal(l.checksum(make([]byte, 8), b[:24]), b[24:32])
}

// scan reads all frames. sum is the checksum that the first frame starts from,
// or nil if it is unknown.
func (l *log) scan(size int64, sum []byte) {
	l.newest, l.highest, l.damaged = map[int64]int64{}, 0, 0
	frame := make([]byte, frameHeader+l.pageSize)
	pending, left := map[int64]int64{}, 0 // of the transaction, and frames that were left out
	for at := int64(logHeader); at+int64(len(frame)) <= size; at += int64(len(frame)) {
		if _, err := l.file.ReadAt(frame, at); err != nil {
			sum, left = nil, left+1 // an error of the disk
			continue
		}
		whole := sum != nil && bytes.Equal(l.checksum(l.checksum(sum, frame[:8]), frame[frameHeader:]), frame[16:24])
		sum = bytes.Clone(frame[16:24])
		if whole && l.salt == nil {
			l.salt = bytes.Clone(frame[8:16])
		}
		if !whole || !bytes.Equal(l.salt, frame[8:16]) {
			left++ // damaged, or older if no frame of this log follows
			continue
		}
		pending[int64(binary.BigEndian.Uint32(frame))] = at + frameHeader
		if commit := int64(binary.BigEndian.Uint32(frame[4:])); commit > 0 {
			for page, position := range pending {
				l.newest[page] = position
			}
			clear(pending)
			l.highest, l.damaged = commit, left
		}
	}
}

// checksum continues a checksum of SQLite over bytes, whose number is a multiple
// of eight.
func (l *log) checksum(from, b []byte) []byte {
	s0, s1 := binary.BigEndian.Uint32(from), binary.BigEndian.Uint32(from[4:])
	for ; len(b) >= 8; b = b[8:] {
		s0 += l.order.Uint32(b) + s1
		s1 += l.order.Uint32(b[4:]) + s0
	}
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, s0), s1)
}

// DamagedFrames returns how many frames of the write-ahead log can't be read,
// although they belong to transactions that were committed.
func (f *File) DamagedFrames() int {
	if f.log == nil {
		return 0
	}
	return f.log.damaged
}

// find returns the position of the newest content of a page in the log, or -1.
func (l *log) find(page int64) int64 {
	if l != nil {
		if at, ok := l.newest[page]; ok {
			return at
		}
	}
	return -1
}
