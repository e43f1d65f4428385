package syntax

import (
	"bytes"
	"runtime"
	"sync"
	"sync/atomic"

	"vega/daemon/config/diag"
)

// Chunks that are not plain are parsed on all processors in batches of this
// size, which is small enough that little is parsed beyond the limits.
const (
	batchChunks = 256
	batchBytes  = 64 << 10
)

// fileReader reads one file: what is plain in one scan, every other chunk by
// HCL's parser, once the text of the file is checked.
type fileReader struct {
	*Parser
	file    *diag.Source
	plain   plain
	split   *splitter
	checked bool
	batch   []chunk // not parsed yet
	size    int     // of the batch, in bytes
}

func newFileReader(p *Parser, f *diag.Source) *fileReader {
	r := &fileReader{Parser: p, file: f, plain: plain{file: f, words: p.words, names: names{}, text: string(f.Text)}}
	r.split = newSplitter(f.Text, p.words, func(c chunk) bool {
		r.batch = append(r.batch, c)
		r.size += c.end - c.start
		return false
	})
	r.plain.i = r.split.i
	return r
}

// read reads all of the file. It returns false if the file is not text.
func (r *fileReader) read() bool {
	for {
		r.plain.skipLines()
		start, tokens := r.plain.i, r.plain.tokens
		var item Body
		switch parsed := r.plain.item(&item); {
		case (r.plain.odd || !parsed && start < len(r.plain.text)) && !r.check():
			return false
		case parsed:
			if !r.flush() || !r.add(chunk{start: start, end: r.plain.i}, &item, r.plain.tokens-tokens) {
				return true
			}
		case start == len(r.plain.text):
			r.flush()
			return true
		default:
			if r.other(start); (len(r.batch) >= batchChunks || r.size >= batchBytes) && !r.flush() {
				return true
			}
		}
	}
}

// check reports whether the file is text. It scans the file only once.
func (r *fileReader) check() bool {
	r.checked = r.checked || plainText(r.file, r.out)
	return r.checked
}

// other puts the chunk from here on into the batch.
func (r *fileReader) other(from int) {
	r.split.i = from
	r.split.lineStart = bytes.LastIndexByte(r.file.Text[:from], '\n') + 1
	r.split.run()
	r.plain.i = min(r.split.i, len(r.file.Text))
}

// add adds a plain item. It returns false if nothing more is to be read.
func (r *fileReader) add(c chunk, item *Body, tokens int) bool {
	return r.take(r.file, c, &piece{body: *item, tokens: tokens})
}

// flush parses the batch and takes its items in order. It returns false if
// nothing more is to be read.
func (r *fileReader) flush() bool {
	chunks := r.batch
	r.batch, r.size = r.batch[:0], 0
	pieces := make([]piece, len(chunks))
	var next atomic.Int64
	var running sync.WaitGroup
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(chunks); i = int(next.Add(1)) - 1 {
			pieces[i].read(r.file, chunks[i])
		}
	}
	for range min(runtime.GOMAXPROCS(0), len(chunks)) - 1 {
		running.Go(work)
	}
	work()
	running.Wait()
	for i := range pieces {
		if !r.take(r.file, chunks[i], &pieces[i]) {
			return false
		}
	}
	return true
}
