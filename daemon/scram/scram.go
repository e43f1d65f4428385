// Package scram bounds what a server makes its client compute in a login by SCRAM (RFC 5802).
// The server chooses how often the password is hashed. Libraries compute that in one go, which
// no deadline interrupts, so that a server could keep a processor busy for as long as it wants.
package scram

import (
	"bytes"
	"fmt"
	"strconv"
)

// MaxIterations is the highest number of iterations that vega computes, in about a fifth of a
// second. RFC 7677 asks for at least 4,096, which is the default of PostgreSQL and of mail
// servers; the highest recommendations are around 600,000.
const MaxIterations = 1_000_000

// Error is a number of iterations that vega does not compute.
type Error struct{ Iterations int64 }

// Error says what was asked for.
func (e *Error) Error() string {
	return fmt.Sprintf("the server asks for %d iterations of SCRAM, more than the %d that vega computes", e.Iterations, MaxIterations)
}

// Check returns an Error if the first message of a server asks for more than MaxIterations.
// What is not a number is left to the library, which refuses it.
func Check(first []byte) error {
	for field := range bytes.SplitSeq(first, []byte{','}) {
		number, ok := bytes.CutPrefix(field, []byte("i="))
		if n, _ := strconv.ParseInt(string(number), 10, 64); ok && n > MaxIterations {
			return &Error{n}
		}
	}
	return nil
}
