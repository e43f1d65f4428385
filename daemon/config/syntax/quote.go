package syntax

import (
	"strconv"
	"strings"

	"vega/daemon/config/diag"
)

// QuoteKey returns the key of a map as it must be written.
func QuoteKey(key string) string {
	if IsIdentifier([]byte(key)) {
		return key
	}
	return strconv.Quote(diag.Clip(key))
}

// QuoteText returns a string in quotes, with templates escaped.
func QuoteText(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strconv.Quote(s))
}

// IsIdentifier reports whether a name can be written without quotes.
func IsIdentifier(b []byte) bool {
	for i, c := range b {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return len(b) > 0
}
