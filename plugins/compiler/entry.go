package compiler

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"vega/plugins/engine"
	"vega/plugins/guard"
	"vega/plugins/manifest"
)

// entryFile is the file in the cache that, next to a module's native code,
// holds everything needed to load the module again, so that untrusted bytes are
// read only once.
const entryFile = "module"

// entryMagic begins an entry. It changes with the layout.
const entryMagic = "vega-module-1\n"

// header is the JSON part of an entry, before the code and the parts of the
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

// blockSize is the unit in which zeros are left out of an image.
const blockSize = 4 << 10

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errDamaged = errors.New("the compile cache entry is damaged")

// encode returns the entry of a module: a checksum, the length of the header, the
// header, the code and the parts of the image.
func (p *Program) encode() ([]byte, error) {
	h := header{Read: p.Read, Facts: p.Facts, Code: len(p.Code), Image: len(p.Image), Parts: parts(p.Image)}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	out := append([]byte(entryMagic), make([]byte, 8)...)
	out = append(append(out, text...), p.Code...)
	for _, part := range h.Parts {
		out = append(out, p.Image[part.At:part.At+part.Len]...)
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

// decodeEntry decodes an entry. This program wrote the entry, so it only has to
// be checked for damage.
func decodeEntry(b []byte) (*Program, error) {
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
	if h.Read == nil || h.Read.Manifest == nil || h.Code > len(rest) || h.Image > int(engine.MaxMemory) {
		return nil, errDamaged
	}
	p := &Program{Read: h.Read, Facts: h.Facts, Code: rest[:h.Code:h.Code]}
	return p, p.fill(h, rest[h.Code:])
}

// fill assembles the image from its parts.
func (p *Program) fill(h header, rest []byte) error {
	if h.Image > 0 {
		p.Image = make([]byte, h.Image)
	}
	for _, part := range h.Parts {
		if part.At < 0 || part.Len < 0 || part.Len > len(rest) || part.At > h.Image-part.Len {
			return errDamaged
		}
		copy(p.Image[part.At:], rest[:part.Len])
		rest = rest[part.Len:]
	}
	return nil
}

// readEntry reads the entry in dir. An entry without native code counts as
// damaged, because the module would be compiled in this process.
func readEntry(dir string) (*Program, error) {
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

// holdsNative reports whether a directory in dir holds native code.
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

// writeEntry atomically writes the entry of a program to dir.
func writeEntry(dir string, p *Program) error {
	b, err := p.encode()
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, entryFile), b)
}

// writeFile atomically replaces a file.
func writeFile(path string, b []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // does nothing after the rename
	if _, err := temp.Write(b); err != nil {
		return errors.Join(err, temp.Close())
	}
	if err := temp.Close(); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
