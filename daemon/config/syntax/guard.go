package syntax

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"vega/daemon/config/diag"
)

// MaxFile limits the size of a configuration file, in bytes.
const MaxFile = 4 << 20

// The limits of the guards. HCL's parser is recursive, a stack overflow cannot
// be recovered from, and some short inputs take minutes to parse. Input within
// these limits causes neither, and real files stay far below them.
const (
	maxTokens       = 1_000_000 // over all files
	maxChunks       = 50_000    // top-level blocks and attributes over all files
	maxChunk        = 128 << 10 // bytes of one top-level block that HCL's parser reads
	maxDepth        = 32        // nested brackets, quotes and interpolations
	maxOperators    = 32        // on a line; only a minus sign is ever allowed
	maxAllOps       = 1000      // in a top-level block
	maxSigns        = 4         // in succession
	maxControls     = 16        // %{ in a top-level block; none is ever allowed
	MaxNumber       = 40        // characters
	maxExponent     = 2         // digits
	maxHeredoc      = 64 << 10  // bytes of one
	maxHeredocLines = 1000      // of one: parsing takes quadratic time
	maxHeredocs     = 256 << 10 // bytes of all in a file
)

// plainText reports whether a file is UTF-8 without control characters.
func plainText(f *diag.Source, out *diag.Collector) bool {
	for i := 0; i < len(f.Text); {
		c := f.Text[i]
		if c >= ' ' && c < utf8.RuneSelf && c != 0x7f || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, n := utf8.DecodeRune(f.Text[i:])
		switch {
		case n == 1:
			if what := otherFile(f.Text); what != "" {
				out.Err(diag.NotText, f.Span(0, 0), "This file is "+what+".", "name a text file in UTF-8, or save this one as such")
				return false
			}
		}
		switch {
		case r == utf8.RuneError && n <= 1:
			out.Err(diag.NotText, f.Span(i, i+1), "This byte is not UTF-8.", "save the file as UTF-8")
			return false
		case n == 1:
			out.Err(diag.NotText, f.Span(i, i+1), fmt.Sprintf("The file contains a control character (0x%02x).", c), "remove it, or use an escape")
			return false
		}
		i += n
	}
	return true
}

// otherFile returns what a file is by its first bytes, or "".
func otherFile(text []byte) string {
	for start, what := range map[string]string{
		"\x7fELF": "a program", "MZ": "a program", "\x00asm": "a WebAssembly module", "\x1f\x8b": "compressed with gzip", "PK\x03\x04": "a ZIP archive",
		"SQLite format 3\x00": "an SQLite database", "\xff\xfe": "in UTF-16", "\xfe\xff": "in UTF-16",
	} {
		if bytes.HasPrefix(text, []byte(start)) {
			return what
		}
	}
	return ""
}

// guard checks the tokens of one chunk against the limits, without recursion.
type guard struct {
	file     *diag.Source
	out      *diag.Collector
	open     []hclsyntax.TokenType
	line     int // operators since the last newline that ends an expression
	all      int
	signs    int
	controls int
	heredoc  int // byte where the open heredoc began; -1 for none
	began    int // line where that is
	bad      bool
}

// check reports whether the chunk may be parsed.
func (g *guard) check(tokens hclsyntax.Tokens) bool {
	g.heredoc = -1
	for i := range tokens {
		if !g.token(&tokens[i]) {
			return false
		}
	}
	return !g.bad
}

func (g *guard) token(t *hclsyntax.Token) bool {
	switch t.Type {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
		hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp:
		return g.push(t, t.Type)
	case hclsyntax.TokenTemplateControl:
		if g.controls++; g.controls > maxControls {
			return g.refuse(diag.NotAllowed, t, noControl, controlFix)
		}
		return g.push(t, hclsyntax.TokenTemplateInterp)
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
		hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		return g.pop(t)
	case hclsyntax.TokenNewline, hclsyntax.TokenComment:
		g.newline(t)
		return true
	case hclsyntax.TokenNumberLit:
		g.signs = 0
		return g.number(t)
	}
	return g.operator(t)
}

func (g *guard) push(t *hclsyntax.Token, as hclsyntax.TokenType) bool {
	g.signs = 0
	g.open = append(g.open, as)
	if t.Type == hclsyntax.TokenOHeredoc && g.heredoc < 0 {
		g.heredoc, g.began = t.Range.End.Byte, t.Range.End.Line
	}
	if len(g.open) > maxDepth {
		return g.refuse(diag.TooMuch, t, fmt.Sprintf("Brackets and quotes are nested deeper than %d levels here.", maxDepth), "close the brackets, or nest less deeply")
	}
	return true
}

// pairs maps each closing token to its opening one.
var pairs = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenCBrace: hclsyntax.TokenOBrace, hclsyntax.TokenCBrack: hclsyntax.TokenOBrack,
	hclsyntax.TokenCParen: hclsyntax.TokenOParen, hclsyntax.TokenCQuote: hclsyntax.TokenOQuote,
	hclsyntax.TokenCHeredoc: hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateSeqEnd: hclsyntax.TokenTemplateInterp,
}

// pop closes a level only with the matching closer, so that a wrong one cannot
// make a deep chunk look shallow.
func (g *guard) pop(t *hclsyntax.Token) bool {
	g.signs = 0
	if n := len(g.open); n > 0 && g.open[n-1] == pairs[t.Type] {
		g.open = g.open[:n-1]
	}
	if t.Type == hclsyntax.TokenCHeredoc && g.heredoc >= 0 {
		size, lines := t.Range.Start.Byte-g.heredoc, t.Range.Start.Line-g.began
		g.heredoc = -1
		if size > maxHeredoc || lines > maxHeredocLines {
			return g.refuse(diag.TooMuch, t, fmt.Sprintf("This heredoc is longer than %d KiB or %d lines.", maxHeredoc>>10, maxHeredocLines), "move the text to a file of its own and read it with file()")
		}
	}
	return true
}

func (g *guard) newline(t *hclsyntax.Token) {
	inBlock := len(g.open) == 0 || g.open[len(g.open)-1] == hclsyntax.TokenOBrace
	if inBlock && bytes.HasSuffix(t.Bytes, []byte("\n")) {
		g.line = 0
	}
}

func (g *guard) number(t *hclsyntax.Token) bool {
	exponent := bytes.TrimLeft(t.Bytes[bytes.IndexAny(t.Bytes, "eE")+1:], "+-")
	if len(t.Bytes) > MaxNumber || bytes.ContainsAny(t.Bytes, "eE") && len(exponent) > maxExponent {
		return g.refuse(diag.TooMuch, t, "This number is too long.", "use a smaller number")
	}
	return true
}

func (g *guard) operator(t *hclsyntax.Token) bool {
	switch t.Type {
	case hclsyntax.TokenMinus:
		g.signs++
	case hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPlus, hclsyntax.TokenPercent,
		hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq,
		hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr,
		hclsyntax.TokenDoubleColon, hclsyntax.TokenEllipsis, hclsyntax.TokenFatArrow, hclsyntax.TokenQuestion,
		hclsyntax.TokenStarStar:
		g.signs = 0
		g.all++
	case hclsyntax.TokenBang:
		g.signs++
		g.all++
	case hclsyntax.TokenComma:
		g.line, g.signs = 0, 0
		return true
	default:
		g.signs = 0
		return true
	}
	g.line++
	if g.line > maxOperators || g.all > maxAllOps || g.signs > maxSigns {
		return g.refuse(diag.TooMuch, t, "There are too many operators here.", "use the resulting value")
	}
	return true
}

// refuse reports a token, which keeps the chunk from being parsed.
func (g *guard) refuse(code diag.Code, t *hclsyntax.Token, detail, fix string) bool {
	g.bad = true
	g.out.Err(code, g.file.Span(t.Range.Start.Byte, t.Range.End.Byte), detail, fix)
	return false
}
