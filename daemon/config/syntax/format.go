package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"vega/daemon/config/diag"
)

// maxLines limits what is formatted, because the formatter takes seconds for
// millions of lines, even of comments.
const maxLines = 200_000

// maxPasses limits how often the formatter runs. Its result is not always
// stable after one pass.
const maxPasses = 4

var crlf, lf = []byte("\r\n"), []byte("\n")

// Format formats the source of a configuration or a plugin.hcl in the usual HCL
// style. Words, comments, heredocs, line endings and a byte order mark stay the
// same.
//
// Format first runs the guards and the parser. If they refuse the source, it
// returns diagnostics and no result. It returns ErrUnformattable if formatting
// would change the meaning, which HCL's formatter does not rule out.
// Diagnostics refer to the source by name.
func Format(name string, src []byte, words []string, public Public) ([]byte, diag.Diagnostics, error) {
	out := &diag.Collector{}
	before := readText(name, src, words, out)
	if out.Errors() > 0 {
		return nil, out.Diagnostics(NewMasks(words, public).Line, func(s string) string { return s }), nil
	}
	laid := layOut(src)
	again := &diag.Collector{}
	after := readText(name, laid, words, again)
	if again.Errors() > 0 || !before.equal(&after) || !sameWords(src, laid) {
		return nil, nil, fmt.Errorf("%s: %w", name, ErrUnformattable)
	}
	return laid, nil, nil
}

// ErrUnformattable reports that formatting would have changed the meaning of a
// source.
var ErrUnformattable = errors.New("formatting would change its meaning, so it was left unchanged; please report this as a bug")

// readText parses a source to be formatted.
func readText(name string, src []byte, words []string, out *diag.Collector) Body {
	if len(src) > MaxFile {
		out.Err(diag.TooMuch, (&diag.Source{Name: name}).Span(0, 0), fmt.Sprintf("The file is larger than %d MiB.", MaxFile>>20), "move parts of it into files under policies/")
		return Body{}
	}
	if bytes.Count(src, lf) > maxLines {
		out.Err(diag.TooMuch, (&diag.Source{Name: name}).Span(0, 0), fmt.Sprintf("The file has more than %d lines, too many to format.", maxLines), "move parts of it into files under policies/")
		return Body{}
	}
	return Parse([]*diag.Source{{Name: name, Text: src}}, words, out).Body
}

// layOut formats a source. It keeps Windows line endings.
func layOut(src []byte) []byte {
	text, mark := bytes.CutPrefix(src, []byte(diag.BOM))
	windows := bytes.Contains(text, crlf) && bytes.Count(text, lf) == bytes.Count(text, crlf)
	if windows {
		text = bytes.ReplaceAll(text, crlf, lf)
	}
	if len(text) > 0 && !bytes.HasSuffix(text, lf) {
		text = append(slices.Clip(text), '\n')
	}
	for range maxPasses {
		before := text
		if text = hclwrite.Format(text); bytes.Equal(text, before) {
			break
		}
	}
	if windows {
		text = bytes.ReplaceAll(text, lf, crlf)
	}
	if mark {
		text = append([]byte(diag.BOM), text...)
	}
	return text
}

// sameWords reports whether two sources differ only in blanks.
func sameWords(a, b []byte) bool {
	x, y := words(a), words(b)
	return slices.EqualFunc(x, y, func(x, y hclsyntax.Token) bool {
		if x.Type == hclsyntax.TokenComment { // it includes the end of its line
			x.Bytes, y.Bytes = bytes.TrimRight(x.Bytes, " \t\r\n"), bytes.TrimRight(y.Bytes, " \t\r\n")
		}
		return x.Type == y.Type && bytes.Equal(x.Bytes, y.Bytes)
	})
}

// words returns the tokens of a source without the ends of lines. Tokens in
// heredocs and strings include their blanks.
func words(src []byte) hclsyntax.Tokens {
	tokens, _ := hclsyntax.LexConfig(bytes.TrimPrefix(src, []byte(diag.BOM)), "", hcl.InitialPos)
	return slices.DeleteFunc(tokens, func(t hclsyntax.Token) bool { return t.Type == hclsyntax.TokenNewline || t.Type == hclsyntax.TokenEOF })
}

// equal reports whether two bodies have the same content, wherever it is.
func (b *Body) equal(o *Body) bool {
	return slices.EqualFunc(b.Attrs, o.Attrs, func(x, y *Attr) bool { return x.Name == y.Name && x.Value.equal(y.Value) }) &&
		slices.EqualFunc(b.Blocks, o.Blocks, func(x, y *Block) bool {
			labels := slices.EqualFunc(x.Labels, y.Labels, func(x, y Label) bool { return x.Text == y.Text })
			return x.Kind == y.Kind && labels && x.Body.equal(&y.Body)
		})
}

func (e *Expr) equal(o *Expr) bool {
	return e.Kind == o.Kind && e.Text == o.Text && e.Num == o.Num && slices.EqualFunc(e.Items, o.Items, (*Expr).equal)
}
