package syntax

import "strings"

// peek returns the next byte, 0 at the end.
func (p *plain) peek() byte {
	if p.i < len(p.text) {
		return p.text[p.i]
	}
	return 0
}

// take consumes a byte if it is the next one.
func (p *plain) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	p.tokens++
	return true
}

func (p *plain) blanks() {
	for p.i < len(p.text) && (p.text[p.i] == ' ' || p.text[p.i] == '\t') {
		p.i++
	}
}

// name parses a word; "" if the next byte begins none.
func (p *plain) name() string {
	at := p.i
	for isWordByte(p.peek()) {
		p.i++
	}
	name := p.text[at:p.i]
	if name == "" || name[0] == '-' || name[0] >= '0' && name[0] <= '9' || p.peek() >= 0x80 {
		return ""
	}
	p.tokens++
	return p.names.of(name)
}

// names holds a copy of each name, since few names are written often.
type names map[string]string

// of returns the copy of a name.
func (n names) of(name string) string {
	known, ok := n[name]
	if !ok {
		known = strings.Clone(name)
		n[known] = known
	}
	return known
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// lineEnds reports whether the line ends here, or a comment begins.
func (p *plain) lineEnds() bool {
	return p.i >= len(p.text) || p.text[p.i] == '\n' || p.atComment()
}

func (p *plain) atComment() bool {
	return p.peek() == '#' || strings.HasPrefix(p.text[p.i:], "//")
}

// lineEnd steps over the end of the line, and reports whether nothing but a
// comment stood before it.
func (p *plain) lineEnd() bool {
	p.blanks()
	if !p.lineEnds() {
		return false
	}
	if p.atComment() {
		p.comment()
	}
	p.i = min(p.i+1, len(p.text))
	p.tokens++
	return true
}

// skipLines steps over blanks, ends of lines and comments.
func (p *plain) skipLines() {
	for p.blanks(); p.i < len(p.text) && p.lineEnds(); p.blanks() {
		p.lineEnd()
	}
}

// comment steps over a comment, up to the end of its line.
func (p *plain) comment() {
	for p.i < len(p.text) && p.text[p.i] != '\n' {
		c := p.text[p.i]
		p.odd = p.odd || c < ' ' && c != '\t' || c >= 0x7f
		p.i++
	}
}

// quoted parses a string without escapes and templates.
func (p *plain) quoted() (string, bool) {
	p.i++
	at := p.i
	if !p.literal() || p.peek() != '"' {
		return "", false
	}
	p.i++
	p.tokens += 3
	return strings.Clone(p.text[at : p.i-1]), true
}

// literal steps over text up to a quote, an escape or a template. It reports
// false for text that HCL might change or refuse.
func (p *plain) literal() bool {
	for ; p.i < len(p.text); p.i++ {
		switch c := p.text[p.i]; {
		case c == '"', c == '\\':
			return true
		case c == '$' || c == '%':
			if n := p.i + 1; n < len(p.text) && (p.text[n] == '{' || p.text[n] == c) {
				return true
			}
		case c >= 0xc3 && c <= 0xcb && p.i+1 < len(p.text) && p.text[p.i+1]&0xc0 == 0x80:
			p.i++ // a Latin letter, which has one form only
		case c < ' ' || c >= 0x7f:
			return false
		}
	}
	return false
}

// escapes are the bytes after a backslash, and what they stand for.
var escapes = [256]byte{'n': '\n', 't': '\t', 'r': '\r', '"': '"', '\\': '\\'}

// template parses a string with escapes, or with templates.
func (p *plain) template() *Expr {
	at := p.i
	p.i++
	from := p.i
	if !p.literal() {
		return nil
	}
	p.tokens += 3
	switch p.peek() {
	case '"':
		p.i++
		return p.expr(Expr{Kind: TextExpr, At: p.file.Span(at, p.i), Text: strings.Clone(p.text[from : p.i-1])})
	case '\\':
		return p.escaped(at, from)
	default:
		return p.parts(at, from)
	}
}

// escaped parses the rest of a string that has escapes, and no templates.
func (p *plain) escaped(at, from int) *Expr {
	var b strings.Builder
	for {
		b.WriteString(p.text[from:p.i])
		switch p.peek() {
		case '"':
			p.i++
			return p.expr(Expr{Kind: TextExpr, At: p.file.Span(at, p.i), Text: b.String()})
		case '\\':
			p.i++
			c := escapes[p.peek()]
			if c == 0 {
				return nil
			}
			b.WriteByte(c)
			p.i++
		default:
			return nil
		}
		if from = p.i; !p.literal() {
			return nil
		}
	}
}

// parts parses the rest of a string that has templates, and no escapes.
func (p *plain) parts(at, from int) *Expr {
	if p.depth++; p.depth > maxPlainDepth {
		return nil
	}
	var items []*Expr
	for {
		if text := p.text[from:p.i]; text != "" {
			if strings.ContainsAny(text, "$%") {
				return nil
			}
			items = append(items, p.expr(Expr{Kind: TextExpr, At: p.file.Span(from, p.i), Text: strings.Clone(text)}))
		}
		if p.take('"') {
			p.depth--
			return p.expr(Expr{Kind: TmplExpr, At: p.file.Span(at, p.i), Items: items})
		}
		if !strings.HasPrefix(p.text[p.i:], "${") {
			return nil
		}
		p.i += 2
		p.blanks()
		item := p.word()
		if item == nil {
			return nil
		}
		if p.blanks(); !p.take('}') {
			return nil
		}
		items = append(items, item)
		if from = p.i; !p.literal() {
			return nil
		}
	}
}
