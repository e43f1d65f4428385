package plugintest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

const base64Prefix = "base64:"

// Bytes is data sent or received. In JSON it is text if it is UTF-8, and
// otherwise "base64:" followed by its base64 encoding.
type Bytes []byte

// MarshalJSON writes UTF-8 as text.
func (b Bytes) MarshalJSON() ([]byte, error) {
	s := string(b)
	if !utf8.ValidString(s) || strings.HasPrefix(s, base64Prefix) || strings.ContainsRune(s, utf8.RuneError) {
		s = base64Prefix + base64.StdEncoding.EncodeToString(b)
	}
	return json.Marshal(s)
}

// UnmarshalJSON accepts either form.
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
		return fmt.Errorf("%.40q is not valid base64: %w", s, err)
	}
	*b = raw
	return nil
}
