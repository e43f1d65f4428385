package syntax

// maxUnguarded bounds a chunk that needs no guard, in bytes.
const maxUnguarded = 4 << 10

// withinLimits reports whether a chunk can't come near any of the guards' limits,
// whatever its brackets and quotes turn out to mean: it is short and has few of
// the bytes that they count. So the chunks of an ordinary file are read by the
// lexer once, not twice. The number of tokens is an estimate.
func withinLimits(src []byte) (int, bool) {
	if len(src) > maxUnguarded {
		return 0, false
	}
	tokens, brackets, operators, digits := 0, 0, 0, 0
	var before byte // the last that was not blank
	word := false
	for i, c := range src {
		inWord := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c >= 0x80
		if c != ' ' && (!inWord || !word || c == '.') {
			tokens++
		}
		word = inWord
		switch {
		case c >= '0' && c <= '9' || c == '.':
			if digits++; digits > MaxNumber {
				return 0, false
			}
		case (c == 'e' || c == 'E') && digits > 0 && src[i-1] != '.': // it may be an exponent
			return 0, false
		default:
			digits = 0
		}
		switch c {
		case '{', '[', '(':
			if brackets++; brackets > maxDepth/2-1 { // each may hold a quote
				return 0, false
			}
			if c == '{' && before == '%' {
				return 0, false
			}
		case '<', '\r':
			return 0, false
		case '-', '!':
			if i > 0 && (before == '-' || before == '!') {
				return 0, false
			}
			operators++
		case '*', '/', '+', '%', '>', '&', '|', '?', ':':
			operators++
		case '=', '.': // == and ...
			if before == c {
				operators++
			}
		}
		if operators > maxOperators {
			return 0, false
		}
		if c != ' ' && c != '\t' && c != '\n' {
			before = c
		}
	}
	return tokens, true
}
