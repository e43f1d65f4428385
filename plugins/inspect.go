package plugins

import (
	"fmt"
	"slices"

	"vega/plugins/compiler"
	"vega/plugins/engine"
	"vega/plugins/guard"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// Inspection describes a module without running or compiling it.
type Inspection struct {
	Digest string `json:"sha256"`
	Size   int    `json:"size_bytes"`
	// Manifest is null if the module has no readable manifest.
	Manifest *manifest.Manifest `json:"manifest"`
	Calls    []string           `json:"calls"` // calls of the ABI that the module imports
	WASI     []string           `json:"wasi"`
	// Beyond holds the capabilities that the module imports but no probe
	// declares. Unasked holds those that a probe declares but the module does
	// not import.
	Beyond  []manifest.Kind `json:"beyond_manifest"`
	Unasked []manifest.Kind `json:"declared_but_never_asked"`
	Memory  MemoryBounds    `json:"memory"`
	// Checks is the number of bytes that the guard adds so that a run can be stopped.
	Checks int `json:"checks_bytes"`
	// Resettable reports whether an instance can be reset for the next run,
	// because it has no state that a reset misses.
	Resettable bool `json:"resettable"`
	// Refused holds the reasons why vega would not load the module.
	Refused []string `json:"refused"`
}

// MemoryBounds holds the possible memory sizes of a run.
type MemoryBounds struct {
	Start int64 `json:"start_bytes"`
	// Own is the maximum that the module declares; 0 if it declares none.
	Own     int64 `json:"own_max_bytes"`
	Default int64 `json:"default_max_bytes"` // unless the integration sets another
	Hard    int64 `json:"hard_max_bytes"`    // whatever the integration sets
}

// Inspect reads a module as Load does before compiling it. Refused holds
// everything that is wrong with it; the other fields hold whatever can be read
// nevertheless. Inspect does not check the types of functions, nor which WASI
// functions are served.
func Inspect(wasm []byte) *Inspection {
	i := &Inspection{
		Digest: manifest.Digest(wasm), Size: len(wasm), Calls: []string{}, WASI: []string{}, Refused: []string{}, Beyond: []manifest.Kind{}, Unasked: []manifest.Kind{},
		Memory: MemoryBounds{Default: int64(DefaultMemory), Hard: int64(engine.MaxMemory)},
	}
	if len(wasm) > manifest.MaxModule {
		i.refuse(fmt.Errorf("it is %d bytes; at most %d are allowed", len(wasm), manifest.MaxModule))
		return i
	}
	p, err := guard.Prepare(wasm)
	i.refuse(err)
	if err == nil {
		i.addFacts(&p.Facts)
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
		case engine.WASI:
			i.WASI = append(i.WASI, of.Name)
		}
	}
	slices.Sort(i.Calls)
	slices.Sort(i.WASI)
	i.Beyond, i.Unasked = append(i.Beyond, read.Unclaimed()...), append(i.Unasked, read.Unasked()...)
	i.refuse(checkImports(read))
	run := abi.RunExport
	if read.Manifest.ABI == manifest.Nagios {
		run, i.Resettable = engine.Command, false // an instance of a command runs only once
	}
	for _, want := range []manifest.Export{{Name: "memory", Kind: 2}, {Name: run}} {
		if !slices.Contains(read.Exports, want) {
			i.refuse(fmt.Errorf("it does not export %s", want.Name))
		}
	}
	return i
}

// addFacts adds what the guard found out about the module.
func (i *Inspection) addFacts(facts *guard.Facts) {
	i.Resettable, i.Checks = facts.Resettable, facts.Payments
	if m := facts.Memory; m != nil {
		i.Memory.Start, i.Memory.Own = int64(m.Min)*engine.PageSize, int64(m.Max)*engine.PageSize
	}
}

func (i *Inspection) refuse(err error) {
	if err == nil {
		return
	}
	if reason := compiler.Refuse(err).Error(); !slices.Contains(i.Refused, reason) {
		i.Refused = append(i.Refused, reason)
	}
}
