package syntax

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// target matches what is certainly an address and no secret: a name with a dot,
// an IP address, or one of them with a scheme or port.
var target = regexp.MustCompile(`^(?:[a-z]+://)?(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)+(?::[0-9]{1,5})?|[a-z0-9_-]+:[0-9]{1,5}|\[?[0-9a-f:]*:[0-9a-f:.]*\]?(?::[0-9]{1,5})?)/?$`)

// secretKeys occur in the names of values that may be secret whatever they look
// like.
var secretKeys = []string{"pass", "secret", "token", "key", "auth", "cred", "dsn", "cookie"}

// showsTarget reports whether a string in for_each may be shown. key is the name
// of its value, or "".
func showsTarget(key string, text []byte) bool { return !secretKey(key) && target.Match(text) }

func secretKey(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc(secretKeys, func(w string) bool { return strings.Contains(key, w) })
}

var (
	targetKey  = regexp.MustCompile(`^\s*[A-Za-z0-9][A-Za-z0-9._-]*\s*=`)
	targetWord = regexp.MustCompile(`[^\s",]+`)
)

// maskTarget masks a line of a file of targets, except for its key and what is
// certainly an address.
func maskTarget(line []byte) []byte {
	key := targetKey.Find(line)
	name := string(bytes.TrimSpace(bytes.TrimSuffix(key, []byte("="))))
	rest := targetWord.ReplaceAllFunc(line[len(key):], func(word []byte) []byte {
		if showsTarget(name, word) {
			return word
		}
		return stars(word)
	})
	return append(bytes.Clone(key), rest...)
}
