package plugins

import (
	"fmt"
	"slices"

	"vega/plugins/guard"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// Inspection is what can be said of a module without running or compiling it.
type Inspection struct {
	Digest string `json:"sha256"`
	Size   int    `json:"size_bytes"`
	// Manifest is null where the module has none that can be read.
	Manifest *manifest.Manifest `json:"manifest"`
	Calls    []string           `json:"calls"` // of the ABI that it imports
	WASI     []string           `json:"wasi"`
	// Beyond are the capabilities that it imports and no probe declares,
	// Unasked those that a probe declares and it does not import.
	Beyond  []manifest.Kind `json:"beyond_manifest"`
	Unasked []manifest.Kind `json:"declared_but_never_asked"`
	Memory  MemoryBounds    `json:"memory"`
	// Checks are the bytes that the guard adds, so that a run can be stopped.
	Checks int `json:"checks_bytes"`
	// Resettable says that an instance can be set back, and used for the next
	// run, where nothing else in it keeps state.
	Resettable bool `json:"resettable"`
	// Refused are the reasons for which vega would not load it.
	Refused []string `json:"refused"`
}

// MemoryBounds are the bytes of memory that one run may have.
type MemoryBounds struct {
	Start int64 `json:"start_bytes"`
	// Own is the most that the module allows itself; 0 is no bound.
	Own     int64 `json:"own_max_bytes"`
	Default int64 `json:"default_max_bytes"` // unless the integration says otherwise
	Hard    int64 `json:"hard_max_bytes"`    // whatever the integration says
}

// Inspect reads a module, as Load does before it compiles it. What is wrong
// with it is in Refused; all that can be read in spite of that is told. The
// types of functions are not looked at, nor which of WASI is served.
func Inspect(wasm []byte) *Inspection {
	i := &Inspection{
		Digest: manifest.Digest(wasm), Size: len(wasm), Calls: []string{}, WASI: []string{}, Refused: []string{}, Beyond: []manifest.Kind{}, Unasked: []manifest.Kind{},
		Memory: MemoryBounds{Default: int64(DefaultMemory), Hard: int64(MaxMemory)},
	}
	if len(wasm) > manifest.MaxModule {
		i.refuse(fmt.Errorf("it is %d bytes; at most %d are allowed", len(wasm), manifest.MaxModule))
		return i
	}
	p, err := guard.Prepare(wasm)
	i.refuse(err)
	if err == nil {
		i.tell(&p.Facts)
	}
	read, err := manifest.Read(wasm)
	if err != nil {
		i.refuse(err)
		return i
	}
	i.Manifest = read.Manifest
	for _, of := range read.Imports {
		switch of.Module {
		case abi.Module:
			i.Calls = append(i.Calls, of.Name)
		case wasi:
			i.WASI = append(i.WASI, of.Name)
		}
	}
	slices.Sort(i.Calls)
	slices.Sort(i.WASI)
	i.Beyond, i.Unasked = append(i.Beyond, read.Unclaimed()...), append(i.Unasked, read.Unasked()...)
	i.refuse(checkImports(read))
	run := abi.RunExport
	if read.Manifest.ABI == manifest.Nagios {
		run, i.Resettable = command, false // a command runs to its end
	}
	for _, want := range []manifest.Export{{Name: "memory", Kind: 2}, {Name: run}} {
		if !slices.Contains(read.Exports, want) {
			i.refuse(fmt.Errorf("it does not export %s", want.Name))
		}
	}
	return i
}

// tell keeps what is known of the module once it is read.
func (i *Inspection) tell(facts *guard.Facts) {
	i.Resettable, i.Checks = facts.Resettable, facts.Payments
	if m := facts.Memory; m != nil {
		i.Memory.Start, i.Memory.Own = int64(m.Min)*pageSize, int64(m.Max)*pageSize
	}
}

func (i *Inspection) refuse(err error) {
	if err == nil {
		return
	}
	if text := clipError(err).Error(); !slices.Contains(i.Refused, text) {
		i.Refused = append(i.Refused, text)
	}
}
