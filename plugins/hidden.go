package plugins

import (
	"bytes"
	"errors"
	"io"
)

const (
	// hideAtOnce is how much text is searched for secrets without a pause.
	hideAtOnce = 32 << 10
	// hiddenCopies is how often a text is there while it is searched: what comes of
	// it, and the parts before and after.
	hiddenCopies = 3
)

// hide is a copy of b with placeholders where whole secrets stand. It pauses once
// in a while. The caller holds the memory, hiddenCopies times the length.
func (g *guest) hide(b []byte) ([]byte, error) {
	out := make([]byte, 0, len(b))
	for r := g.vault.HideReader(bytes.NewReader(b)); ; {
		n, err := r.Read(out[len(out):min(len(out)+hideAtOnce, len(b))])
		out = out[:len(out)+n]
		if len(out) == len(b) || errors.Is(err, io.EOF) {
			return out, nil
		}
		if err == nil {
			err = g.Pause()
		}
		if err != nil {
			return nil, err
		}
	}
}
