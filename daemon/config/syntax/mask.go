package syntax

import (
	"bytes"
	"regexp"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"vega/daemon/config/diag"
)

// commented matches a comment that contains a setting.
var commented = regexp.MustCompile(`^((?:#|//|/\*)[\s#/*]*)"?[A-Za-z_][\w-]*"?\s*(?:=|:\s*")`)

var userinfo = regexp.MustCompile(`://[^/@\s"]+@`)

// masker masks the tokens of one line.
type masker struct {
	tokens  hclsyntax.Tokens
	public  func(string) bool
	head    int  // how many tokens open a block; a string among them is its name
	shown   bool // the current attribute is public
	inValue bool // after the name of an attribute
	comment bool // in a comment
	targets bool // in for_each
	key     string
}

// forEach is the attribute that holds targets.
const forEach = "for_each"

func (m *masker) mask(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	done := 0
	for n, t := range m.tokens {
		start, end := min(t.Range.Start.Byte, len(raw)), min(t.Range.End.Byte, len(raw))
		if start < done {
			continue
		}
		out = append(out, raw[done:start]...)
		done = end
		word := raw[start:end]
		switch {
		case m.hides(n):
			word = stars(word)
		case t.Type == hclsyntax.TokenComment:
			word = m.maskComment(word)
		}
		out = append(out, word...)
	}
	return append(out, raw[done:]...)
}

// maskComment masks a setting that is commented out: an old secret may still be
// valid.
func (m *masker) maskComment(comment []byte) []byte {
	set := commented.FindSubmatchIndex(comment)
	if set == nil {
		return comment
	}
	setting := comment[set[3]:]
	tokens, _ := hclsyntax.LexConfig(setting, "", hcl.Pos{Line: 1, Column: 1})
	in := masker{tokens: tokens, public: m.public, comment: true}
	return append(bytes.Clone(comment[:set[3]]), in.mask(setting)...)
}

func (m *masker) hides(n int) bool {
	switch t := m.tokens[n]; t.Type {
	case hclsyntax.TokenIdent:
		if assigned(m.tokens, n+1) {
			return m.named(t)
		}
		return m.inValue && !m.shown && !m.reference(n)
	case hclsyntax.TokenQuotedLit:
		if n+1 < len(m.tokens) && m.tokens[n+1].Type == hclsyntax.TokenCQuote && assigned(m.tokens, n+2) {
			return m.named(t)
		}
		return !m.shown && n >= m.head && !argument(m.tokens, n) && !(m.targets && !m.comment && showsTarget(m.key, t.Bytes))
	case hclsyntax.TokenNumberLit:
		return !m.shown && n >= m.head && !(m.targets && !m.comment && !secretKey(m.key))
	case hclsyntax.TokenStringLit, hclsyntax.TokenInvalid:
		return !m.shown && n >= m.head
	case hclsyntax.TokenComment:
		return m.comment
	default:
		return false
	}
}

// named handles the name of an attribute or the key of a map. A key can hide the
// value of a public attribute, but cannot show that of another.
func (m *masker) named(t hclsyntax.Token) (hidden bool) {
	m.key = string(t.Bytes)
	m.targets = m.targets || m.key == forEach
	m.shown, m.inValue = m.public(string(t.Bytes)) && (m.shown || !m.inValue), true
	return false
}

// reference reports whether a bare word is true or false, or part of a call or a
// dotted path.
func (m *masker) reference(n int) bool {
	word := string(m.tokens[n].Bytes)
	is := func(i int, t hclsyntax.TokenType) bool {
		return i >= 0 && i < len(m.tokens) && m.tokens[i].Type == t
	}
	return word == "true" || word == "false" || is(n+1, hclsyntax.TokenOParen) || is(n+1, hclsyntax.TokenDot) || is(n-1, hclsyntax.TokenDot)
}

// assigned reports whether a token separates a name from its value.
func assigned(tokens hclsyntax.Tokens, n int) bool {
	return n < len(tokens) && (tokens[n].Type == hclsyntax.TokenEqual || tokens[n].Type == hclsyntax.TokenColon)
}

// argument reports whether a string is the name in env("NAME"), or a path, even
// if the function is misspelt.
func argument(tokens hclsyntax.Tokens, n int) bool {
	if n < 3 || tokens[n-1].Type != hclsyntax.TokenOQuote || tokens[n-2].Type != hclsyntax.TokenOParen {
		return false
	}
	return diag.Nearest(string(tokens[n-3].Bytes), FunctionNames) != ""
}

// blockHead counts the tokens at the start of a line that open a block. What is
// in quotes there is the block's name.
func blockHead(tokens hclsyntax.Tokens) int {
	if len(tokens) == 0 || tokens[0].Type != hclsyntax.TokenIdent {
		return 0
	}
	for n, t := range tokens[1:] {
		switch t.Type {
		case hclsyntax.TokenOBrace:
			return n + 1
		case hclsyntax.TokenOQuote, hclsyntax.TokenCQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenIdent:
		default:
			return 0
		}
	}
	return 0
}

func stars(b []byte) []byte { return bytes.Repeat([]byte("*"), utf8.RuneCount(b)) }
