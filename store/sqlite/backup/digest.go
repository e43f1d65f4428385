package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
)

// newMarker returns random bytes that stand for the digest until that is known.
func newMarker() []byte {
	marker := make([]byte, sha256.Size)
	rand.Read(marker)
	return marker
}

// errMarker means that a file does not hold its digest exactly once.
var errMarker = errors.New("it does not hold its digest")

// seal replaces the marker by the digest of the file.
func seal(ctx context.Context, path string, marker []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	digest, at, err := digestOf(ctx, f, marker)
	if err == nil {
		_, err = f.WriteAt(digest, at)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the digest: %w", err)
	}
	return nil
}

// digestOf returns the digest of a file in which the marker counts as zeros, and where
// the marker is.
func digestOf(ctx context.Context, r io.Reader, marker []byte) (digest []byte, at int64, err error) {
	hash, at := sha256.New(), int64(-1)
	buffer := make([]byte, 1<<20)
	zeros := make([]byte, len(marker))
	for offset, kept := int64(0), 0; ; { // offset is that of the buffer, which begins with kept bytes
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		n, err := io.ReadFull(r, buffer[kept:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, 0, err
		}
		end, have := err != nil, buffer[:kept+n]
		if i := bytes.Index(have, marker); i >= 0 {
			if at >= 0 {
				return nil, 0, errMarker
			}
			at = offset + int64(i)
			copy(have[i:], zeros)
		}
		if bytes.Contains(have, marker) {
			return nil, 0, errMarker
		}
		if end {
			hash.Write(have)
			break
		}
		sure := len(have) - len(marker) + 1 // the rest may be the beginning of the marker
		hash.Write(have[:sure])
		kept = copy(buffer, have[sure:])
		offset += int64(sure)
	}
	if at < 0 {
		return nil, 0, errMarker
	}
	return hash.Sum(nil), at, nil
}
