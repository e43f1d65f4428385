package syntax

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"vega/daemon/config/diag"
)

// Tree is the content of files. They are one namespace.
type Tree struct {
	Body   Body
	Broken bool // something at the top level could not be parsed
}

// Parse reads files into one tree. words begin a top-level block. What is
// wrong with them goes to out.
func Parse(files []*diag.Source, words []string, out *diag.Collector) *Tree {
	p := parser{out: out, words: words}
	for _, f := range files {
		p.file(f)
	}
	return &p.Tree
}

// parser reads files into one tree.
type parser struct {
	out    *diag.Collector
	words  []string // that begin a top-level block
	tokens int
	chunks int
	Tree
}

// Chunks are parsed on all processors, so many at a time: few enough that what
// the limits cut off was not parsed by much.
const (
	batchChunks = 256
	batchBytes  = 64 << 10
)

func (p *parser) file(f *diag.Source) {
	if !plainText(f, p.out) {
		p.Broken = true
		return
	}
	var batch []chunk
	size, more := 0, true
	split(f.Text, p.words, func(c chunk) bool {
		batch = append(batch, c)
		if size += c.end - c.start; len(batch) < batchChunks && size < batchBytes {
			return true
		}
		more = p.batch(f, batch)
		batch, size = batch[:0], 0
		return more
	})
	if more {
		p.batch(f, batch)
	}
}

// batch reads top-level items and takes them in their order; false stops the
// reading.
func (p *parser) batch(f *diag.Source, chunks []chunk) bool {
	pieces := make([]piece, len(chunks))
	var next atomic.Int64
	var running sync.WaitGroup
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(chunks); i = int(next.Add(1)) - 1 {
			pieces[i].read(f, chunks[i])
		}
	}
	for range min(runtime.GOMAXPROCS(0), len(chunks)) - 1 {
		running.Go(work)
	}
	work()
	running.Wait()
	for i := range pieces {
		if !p.take(f, chunks[i], &pieces[i]) {
			return false
		}
	}
	return true
}

// take adds a piece to what was read; false stops the reading.
func (p *parser) take(f *diag.Source, c chunk, in *piece) bool {
	p.chunks++
	p.tokens += in.tokens
	switch {
	case p.chunks > maxChunks:
		in = tooMuch(f, c, fmt.Sprintf("There are more than %d blocks and attributes in all.", maxChunks), "remove some; nothing from here on was read")
	case p.tokens > maxTokens:
		in = tooMuch(f, c, fmt.Sprintf("There are more than %d words and signs in all.", maxTokens), "remove some; nothing from here on was read")
	case c.inTexts > maxHeredocs:
		in = tooMuch(f, c, fmt.Sprintf("The heredocs of this file are longer than %d KiB together.", maxHeredocs>>10), "put the texts into files of their own and read them with file(); nothing from here on was read")
	}
	p.out.Merge(&in.out)
	p.Body.Attrs = append(p.Body.Attrs, in.body.Attrs...)
	p.Body.Blocks = append(p.Body.Blocks, in.body.Blocks...)
	p.Broken = p.Broken || in.broken
	return !in.last
}
