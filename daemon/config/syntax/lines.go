package syntax

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"vega/daemon/config/diag"
)

// Public reports whether the value of an attribute may be shown. block is the word
// that begins the top-level block or attribute around it, or "" if that is not known.
type Public func(block, name string) bool

// Masks returns lines of files with possible secrets hidden.
type Masks struct {
	words  []string // that begin a top-level block
	public Public
	files  map[*diag.Source]*maskedFile
}

// NewMasks returns the masks of files. words begin a top-level block.
func NewMasks(words []string, public Public) *Masks {
	return &Masks{words: words, public: public, files: map[*diag.Source]*maskedFile{}}
}

// maskedFile is a file, how it was split, and the lines that were masked.
type maskedFile struct {
	*diag.Source
	end      int // how far it was split
	chunks   []chunk
	heredocs []textRange
	lines    map[int][]byte

	kinds       map[int]string // what the chunks begin with
	walked      []enclosure    // what the lines of walkedChunk begin in
	walkedChunk int
}

// Line returns a line of a file, by its index, with possible secrets hidden.
func (m *Masks) Line(f *diag.Source, i int) []byte {
	in := m.files[f]
	if in == nil {
		in = &maskedFile{Source: f, end: len(f.Text), lines: map[int][]byte{}}
		in.heredocs = split(f.Text, m.words, func(c chunk) bool {
			in.chunks = append(in.chunks, c)
			if len(in.chunks) > maxChunks+batchChunks { // nothing after this is parsed
				in.end = c.end
				return false
			}
			return true
		})
		m.files[f] = in
	}
	shown, known := in.lines[i]
	if !known {
		block := in.block(i, m.words)
		shown = in.mask(i, func(name string) bool { return m.public(block, name) })
		in.lines[i] = shown
	}
	return shown
}

// mask hides what may be a secret in a line: every string, number or bare word
// that belongs to an attribute not known to be public, and the credentials in a
// URL. It replaces each character with a star. It works on tokens, not on a
// syntax tree, so it also works for lines that cannot be parsed.
func (f *maskedFile) mask(i int, public func(string) bool) []byte {
	raw := f.Line(i)
	if f.Data {
		return maskTarget(raw)
	}
	if len(raw) > maxChunk || f.inHeredoc(f.LineStart(i)) {
		return stars(raw)
	}
	in := f.enclosure(i, public)
	tokens, _ := hclsyntax.LexConfig(raw, "", hcl.Pos{Line: 1, Column: 1})
	m := masker{tokens: tokens, public: public, shown: in.value && !in.hidden, inValue: in.value, targets: in.targets}
	if !in.value {
		m.head = blockHead(tokens)
	}
	return userinfo.ReplaceAllFunc(m.mask(raw), func(b []byte) []byte {
		return append(append([]byte("://"), stars(b[3:len(b)-1])...), '@')
	})
}

// block returns the word that begins the top-level block or attribute around a line.
// It returns "" if there isn't one, or if another block seems to begin in it, because
// the first one is not closed.
func (f *maskedFile) block(i int, words []string) string {
	n := f.chunkOf(i)
	if n < 0 {
		return ""
	}
	if f.kinds == nil {
		f.kinds = map[int]string{}
	}
	kind, known := f.kinds[n]
	if !known {
		kind = blockOf(f.Text[f.chunks[n].start:f.chunks[n].end], words)
		f.kinds[n] = kind
	}
	return kind
}

func blockOf(text []byte, words []string) string {
	text = bytes.TrimLeft(text, " \t")
	end := 0
	for end < len(text) && (text[end] == '_' || text[end] >= 'a' && text[end] <= 'z') {
		end++
	}
	for line := range bytes.Lines(text[end:]) {
		if line = bytes.TrimLeft(line, " \t"); startsBlock(line, words) {
			return ""
		}
	}
	return string(text[:end])
}

// inHeredoc reports whether a byte lies in the text of a heredoc.
func (f *maskedFile) inHeredoc(at int) bool {
	i, _ := slices.BinarySearchFunc(f.heredocs, at, func(p textRange, at int) int {
		if p.end <= at {
			return -1
		}
		return 1
	})
	return i < len(f.heredocs) && f.heredocs[i].start <= at
}

// MaskText returns the source of a configuration with each character of a
// possible secret replaced. Line breaks stay.
func MaskText(src []byte, words []string, public Public) string {
	f := &diag.Source{Text: bytes.TrimPrefix(src, []byte(diag.BOM))}
	m := NewMasks(words, public)
	var out bytes.Buffer
	for i := range f.Lines() {
		out.WriteString(diag.Clean(string(m.Line(f, i))))
		if i+1 < f.Lines() {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// The size of a block from which on parts of it are left out.
const (
	maxBlockLines = 400
	maxBlockLine  = 1000 // in characters
)

// MaskBlock returns the top-level block of a file in which a byte lies, with each
// character of a possible secret replaced, and the line that it begins on, from 1. It
// leaves out the middle of a long block, such as one with many targets. It returns 0 and
// no text if the byte lies in no block.
func MaskBlock(f *diag.Source, at int, words []string, public Public) (line int, text string) {
	var c chunk
	split(f.Text, words, func(next chunk) bool {
		c = next
		return c.end <= at
	})
	if at < c.start || at >= c.end {
		return 0, ""
	}
	block := &diag.Source{Text: bytes.TrimRight(f.Text[c.start:c.end], "\r\n")}
	m, count := NewMasks(words, public), block.Lines()
	var out strings.Builder
	for i := 0; i < count; i++ {
		if left := count - maxBlockLines; left > 0 && i == maxBlockLines/2 {
			fmt.Fprintf(&out, "  # … %d lines …\n", left)
			i += left
		}
		shown := []rune(diag.Clean(string(m.Line(block, i))))
		if len(shown) > maxBlockLine {
			shown = append(shown[:maxBlockLine], '…')
		}
		out.WriteString(string(shown) + "\n")
	}
	return c.line, out.String()
}
