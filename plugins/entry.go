package plugins

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"vega/plugins/guard"
	"vega/plugins/manifest"
)

// entryFile is what the cache keeps of a module beside its native code: all
// that loading it again takes, so that a stranger's bytes are read once.
const entryFile = "module"

// entryMagic begins an entry. It changes with its layout.
const entryMagic = "vega-module-1\n"

// header is what an entry says in JSON, before the code and the parts of the
// image.
type header struct {
	Read  *manifest.Module `json:"read"`
	Facts guard.Facts      `json:"facts"`
	Code  int              `json:"code"`
	Image int              `json:"image"`
	Parts []part           `json:"parts"`
}

// part is a piece of an image that is not all zero.
type part struct{ At, Len int }

// blockSize is the grain by which zeros are left out of an image.
const blockSize = 4 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errDamaged = errors.New("the entry of the compile cache is damaged")

// encode returns the entry of a module: a checksum, the length of the header, the
// header, the code and the parts of the image.
func (r *ready) encode() ([]byte, error) {
	h := header{Read: r.read, Facts: r.facts, Code: len(r.code), Image: len(r.image), Parts: parts(r.image)}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	out := append([]byte(entryMagic), make([]byte, 8)...)
	out = append(append(out, text...), r.code...)
	for _, p := range h.Parts {
		out = append(out, r.image[p.At:p.At+p.Len]...)
	}
	sums := out[len(entryMagic):]
	binary.LittleEndian.PutUint32(sums[4:], uint32(len(text)))
	binary.LittleEndian.PutUint32(sums, crc32.Checksum(sums[4:], castagnoli))
	return out, nil
}

// parts returns the pieces of an image that are not all zero.
func parts(image []byte) (all []part) {
	zero := make([]byte, blockSize)
	for at := 0; at < len(image); at += blockSize {
		block := image[at:min(at+blockSize, len(image))]
		switch last := len(all) - 1; {
		case bytes.Equal(block, zero[:len(block)]):
		case last >= 0 && all[last].At+all[last].Len == at:
			all[last].Len += len(block)
		default:
			all = append(all, part{At: at, Len: len(block)})
		}
	}
	return all
}

// decodeEntry reads an entry. What it holds was made by this program, so that
// all it is held against is damage.
func decodeEntry(b []byte) (*ready, error) {
	sums, ok := bytes.CutPrefix(b, []byte(entryMagic))
	if !ok || len(sums) < 8 || binary.LittleEndian.Uint32(sums) != crc32.Checksum(sums[4:], castagnoli) {
		return nil, errDamaged
	}
	size, rest := int(binary.LittleEndian.Uint32(sums[4:])), sums[8:]
	if size > len(rest) {
		return nil, errDamaged
	}
	var h header
	if err := json.Unmarshal(rest[:size], &h); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	rest = rest[size:]
	if h.Read == nil || h.Read.Manifest == nil || h.Code > len(rest) || h.Image > int(MaxMemory) {
		return nil, errDamaged
	}
	r := &ready{read: h.Read, facts: h.Facts, code: rest[:h.Code:h.Code]}
	return r, r.fill(h, rest[h.Code:])
}

// fill makes the image of its parts.
func (r *ready) fill(h header, rest []byte) error {
	if h.Image > 0 {
		r.image = make([]byte, h.Image)
	}
	for _, p := range h.Parts {
		if p.At < 0 || p.Len < 0 || p.Len > len(rest) || p.At > h.Image-p.Len {
			return errDamaged
		}
		copy(r.image[p.At:], rest[:p.Len])
		rest = rest[p.Len:]
	}
	return nil
}

// readEntry reads what the cache keeps of a module in dir. Without native code
// beside it an entry is none: the module would be compiled here.
func readEntry(dir string) (*ready, error) {
	b, err := os.ReadFile(filepath.Join(dir, entryFile))
	if err != nil {
		return nil, err
	}
	native, err := holdsNative(dir)
	if err != nil {
		return nil, err
	}
	if !native {
		return nil, errDamaged
	}
	return decodeEntry(b)
}

// holdsNative reports whether native code lies in a directory of dir.
func holdsNative(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if files, err := os.ReadDir(filepath.Join(dir, e.Name())); err != nil || len(files) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// writeEntry keeps a module in dir, whole or not at all.
func writeEntry(dir string, r *ready) error {
	b, err := r.encode()
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, entryFile), b)
}

// writeFile replaces a file whole or not at all.
func writeFile(path string, b []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // gone once it is renamed
	if _, err := temp.Write(b); err != nil {
		return errors.Join(err, temp.Close())
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
