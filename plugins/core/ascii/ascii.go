// Package ascii changes the ASCII characters of a text and leaves all others as they
// are. Package strings would add its Unicode tables to a module.
package ascii

import "strings"

// Trim removes white space from both ends.
func Trim(s string) string { return strings.Trim(s, " \t\r\n") }

// Lower replaces A to Z with a to z.
func Lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
