package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
)

// MaxID limits the length, in bytes, of a correlation ID from a client.
const MaxID = 128

type idKey struct{}

// WithID returns a context whose log lines and runs carry the ID.
func WithID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, idKey{}, id)
}

// ID returns the correlation ID of the context, or "".
func ID(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}

// NewID returns a new correlation ID: 128 random bits in hex.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never returns an error; a failure would crash the process
	return hex.EncodeToString(b[:])
}

// ValidID reports whether an ID from a client is safe in logs and headers. A valid
// ID consists of 1 to MaxID printable ASCII characters. Anything else could forge a
// log line or split a header.
func ValidID(id string) bool {
	return id != "" && len(id) <= MaxID && printable(id)
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
