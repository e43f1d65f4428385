package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"vega/plugins/binary"
)

// section is the name of the custom section that holds the manifest.
const section = "vega.manifest"

// Module is what can be known of a .wasm by reading it.
type Module struct {
	Digest   string // hex SHA-256 of the bytes
	Size     int
	Manifest *Manifest
	Imports  []Import // functions only
	Exports  []Export
}

// Digest is the hex SHA-256 of a module's bytes.
func Digest(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}

// Import is a function that a module asks of its host.
type Import struct{ Module, Name string }

// Export is something a module offers. Kind is 0 for a function, 2 for memory.
type Export struct {
	Name string
	Kind byte
}

// Read finds the manifest, imports and exports of a module without running
// any of it. It refuses what is no module, has no manifest or two, or imports
// anything but functions.
func Read(wasm []byte) (*Module, error) {
	m := &Module{Digest: Digest(wasm), Size: len(wasm)}
	var found []byte
	err := binary.Sections(wasm, func(id byte, body *binary.Reader) error {
		switch id {
		case binary.Custom:
			if name := body.Name(); name != section { // one that is no name is no manifest either
				return nil
			}
			if found != nil {
				return fmt.Errorf("there is more than one %s section", section)
			}
			found = body.Rest()
		case binary.Imports:
			return m.readImports(body)
		case binary.Exports:
			return m.readExports(body)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("there is no %s section: build it with `vega plugin build`", section)
	}
	if m.Manifest, err = Parse(found); err != nil {
		return nil, err
	}
	return m, nil
}

// Pack returns the module with m as its manifest, in place of any it had. The
// section comes last, so that a file cut short never passes for a plugin.
func Pack(wasm []byte, m *Manifest) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("the manifest is %d bytes; at most %d are allowed", len(text), MaxSize)
	}
	out := binary.Header()
	err = binary.Sections(wasm, func(id byte, body *binary.Reader) error {
		all := body.Rest()
		if id == binary.Custom && body.Name() == section {
			return nil
		}
		out = binary.AppendSection(out, id, all)
		return nil
	})
	if err != nil {
		return nil, err
	}
	body := binary.AppendName(nil, section)
	return binary.AppendSection(out, binary.Custom, append(body, text...)), nil
}

func (m *Module) readImports(r *binary.Reader) error {
	for n := r.U32(); n > 0 && r.Err() == nil; n-- {
		i := Import{r.Name(), r.Name()}
		if kind := r.Byte(); kind != 0 && r.Err() == nil {
			return fmt.Errorf("it imports %s.%s, which is no function; a plugin imports functions only", clip(i.Module), clip(i.Name))
		}
		r.U32() // the type's index
		m.Imports = append(m.Imports, i)
	}
	return r.Err()
}

func (m *Module) readExports(r *binary.Reader) error {
	for n := r.U32(); n > 0 && r.Err() == nil; n-- {
		e := Export{Name: r.Name(), Kind: r.Byte()}
		r.U32()
		m.Exports = append(m.Exports, e)
	}
	return r.Err()
}
