package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"vega/plugins/binary"
)

// section is the name of the custom section with the manifest.
const section = "vega.manifest"

// Module is the content of a .wasm file that can be read without running it.
type Module struct {
	Digest   string // hex SHA-256 of the module's bytes
	Size     int
	Manifest *Manifest
	Imports  []Import // only functions
	Exports  []Export
}

// Digest returns the hex SHA-256 of a module's bytes.
func Digest(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}

// Import is a function that a module imports from its host.
type Import struct{ Module, Name string }

// Export is an item that a module exports. Kind is 0 for a function, 2 for
// memory.
type Export struct {
	Name string
	Kind byte
}

// Read returns the manifest, imports and exports of a module without running
// it. It refuses a file that is not a module, has no manifest or more than one,
// or imports anything but functions.
func Read(wasm []byte) (*Module, error) {
	outline, err := binary.Outline(wasm)
	if err != nil {
		return nil, err
	}
	text, err := find(outline)
	if err != nil {
		return nil, err
	}
	m := &Module{Digest: Digest(wasm), Size: len(wasm)}
	if m.Manifest, err = Parse(text); err != nil {
		return nil, err
	}
	for _, i := range outline.Imports {
		m.Imports = append(m.Imports, Import{string(i.Module), string(i.Name)})
	}
	for _, e := range outline.Exports {
		m.Exports = append(m.Exports, Export{string(e.Name), e.Kind})
	}
	return m, nil
}

// find returns the only section with the manifest.
func find(m *binary.Module) (text []byte, err error) {
	for _, c := range m.Customs {
		switch {
		case string(c.Name) != section:
		case text != nil:
			return nil, fmt.Errorf("there is more than one %s section", section)
		default:
			text = c.Bytes
		}
	}
	if text == nil {
		return nil, fmt.Errorf("there is no %s section; build the plugin with `vega plugin build`", section)
	}
	return text, nil
}

// Pack returns the module with m as its manifest, replacing any manifest that
// it had. The section comes last, so that a truncated file is never accepted as
// a plugin.
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
