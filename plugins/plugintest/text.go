package plugintest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

const base64Prefix = "base64:"

// Bytes are what went over a wire. In JSON they are text where they are
// UTF-8, and else "base64:" with their base64.
type Bytes []byte

// MarshalJSON writes text as it is.
func (b Bytes) MarshalJSON() ([]byte, error) {
	s := string(b)
	if !utf8.ValidString(s) || strings.HasPrefix(s, base64Prefix) || strings.ContainsRune(s, utf8.RuneError) {
		s = base64Prefix + base64.StdEncoding.EncodeToString(b)
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads either form.
func (b *Bytes) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	coded, is := strings.CutPrefix(s, base64Prefix)
	if !is {
		*b = Bytes(s)
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		return fmt.Errorf("%.40q is no base64: %w", s, err)
	}
	*b = raw
	return nil
}
