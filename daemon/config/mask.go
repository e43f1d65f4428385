package config

import (
	"bytes"
	"regexp"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// mask hides what may be a secret in a line, with as many stars as it has
// characters: every text, number or bare word that belongs to an attribute not
// known to be public, and who logs in in a URL. It works on words and not on
// the syntax tree, so that it holds for a line that can't be parsed.
func mask(f *file, i int, raw []byte, public func(string) bool) []byte {
	if len(raw) > maxChunk || f.inHeredoc(f.starts[i]) {
		return stars(raw)
	}
	tokens, _ := hclsyntax.LexConfig(raw, "", hcl.Pos{Line: 1, Column: 1})
	m := masker{tokens: tokens, public: public, head: blockHead(tokens)}
	if name := governing(f, i); name != "" {
		m.shown, m.inValue = public(name), true
	}
	out := make([]byte, 0, len(raw))
	done := 0
	for n, t := range tokens {
		start, end := min(t.Range.Start.Byte, len(raw)), min(t.Range.End.Byte, len(raw))
		if start < done {
			continue
		}
		out = append(out, raw[done:start]...)
		done = end
		if m.hides(n) {
			out = append(out, stars(raw[start:end])...)
		} else {
			out = append(out, raw[start:end]...)
		}
	}
	out = append(out, raw[done:]...)
	return userinfo.ReplaceAllFunc(out, func(b []byte) []byte {
		return append(append([]byte("://"), stars(b[3:len(b)-1])...), '@')
	})
}

// Masked is the text of a configuration as it may be shown: what may be a
// secret is hidden, character by character, and the lines are the same.
func Masked(src []byte) string {
	f := &file{src: bytes.TrimPrefix(src, byteOrderMark)}
	split(f, append(table.blockNames(), pluginTable.blockNames()...), func(chunk) bool { return true }) // finds the heredocs
	f.lineOf(0)
	public := publicIn(table, nil)
	var out bytes.Buffer
	for i := range f.starts {
		line := f.lineAt(i)
		out.WriteString(clean(string(mask(f, i, line, public))))
		if i+1 < len(f.starts) {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

var userinfo = regexp.MustCompile(`://[^/@\s"]+@`)

// masker walks the words of a line.
type masker struct {
	tokens  hclsyntax.Tokens
	public  func(string) bool
	head    bool // the line opens a block: what is in quotes is its name
	shown   bool // the attribute at hand is public
	inValue bool // an attribute's name has passed
}

func (m *masker) hides(n int) bool {
	switch t := m.tokens[n]; t.Type {
	case hclsyntax.TokenIdent:
		if assigned(m.tokens, n+1) {
			m.shown, m.inValue = m.public(string(t.Bytes)), true
			return false
		}
		return m.inValue && !m.shown && !m.reference(n)
	case hclsyntax.TokenQuotedLit:
		if n+1 < len(m.tokens) && m.tokens[n+1].Type == hclsyntax.TokenCQuote && assigned(m.tokens, n+2) {
			m.shown, m.inValue = m.public(string(t.Bytes)), true // the key of a map
			return false
		}
		return !m.shown && !m.head && !argument(m.tokens, n)
	case hclsyntax.TokenStringLit, hclsyntax.TokenInvalid, hclsyntax.TokenNumberLit:
		return !m.shown && !m.head
	default:
		return false
	}
}

// reference reports whether a bare word is true or false, or part of a call or
// a path with dots.
func (m *masker) reference(n int) bool {
	word := string(m.tokens[n].Bytes)
	is := func(i int, t hclsyntax.TokenType) bool {
		return i >= 0 && i < len(m.tokens) && m.tokens[i].Type == t
	}
	return word == "true" || word == "false" || is(n+1, hclsyntax.TokenOParen) || is(n+1, hclsyntax.TokenDot) || is(n-1, hclsyntax.TokenDot)
}

// assigned reports whether the token is the sign between a name and its value.
func assigned(tokens hclsyntax.Tokens, n int) bool {
	return n < len(tokens) && (tokens[n].Type == hclsyntax.TokenEqual || tokens[n].Type == hclsyntax.TokenColon)
}

// argument reports whether the text is the name in env("NAME"), or a
// path, also where the function is misspelt.
func argument(tokens hclsyntax.Tokens, n int) bool {
	if n < 3 || tokens[n-1].Type != hclsyntax.TokenOQuote || tokens[n-2].Type != hclsyntax.TokenOParen {
		return false
	}
	return nearest(string(tokens[n-3].Bytes), functions) != ""
}

// blockHead reports whether the line opens a block: what is in quotes there is
// its name.
func blockHead(tokens hclsyntax.Tokens) bool {
	if len(tokens) == 0 || tokens[0].Type != hclsyntax.TokenIdent {
		return false
	}
	for _, t := range tokens[1:] {
		switch t.Type {
		case hclsyntax.TokenOBrace:
			return true
		case hclsyntax.TokenOQuote, hclsyntax.TokenCQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenIdent:
		default:
			return false
		}
	}
	return false
}

// opener is a line that begins a list, map or call that goes on below it.
var opener = regexp.MustCompile(`^\s*"?([A-Za-z_][\w-]*)"?\s*[=:]\s*[\[{(]\s*$`)

// governing is the name of the attribute whose list or map the line stands in,
// or "" when that can't be told.
func governing(f *file, i int) string {
	for n := i - 1; n >= 0 && n > i-200; n-- {
		line := bytes.TrimSpace(f.lineAt(n))
		if m := opener.FindSubmatch(line); m != nil {
			return string(m[1])
		}
		if len(line) > 0 && !bytes.HasSuffix(line, []byte(",")) && line[0] != '#' && !bytes.HasPrefix(line, []byte("//")) {
			return ""
		}
	}
	return ""
}

func stars(b []byte) []byte { return bytes.Repeat([]byte("*"), utf8.RuneCount(b)) }
