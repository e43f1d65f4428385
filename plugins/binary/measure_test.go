package binary

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// measureVariable names modules to measure in addition to those in the tree.
const measureVariable = "VEGA_MEASURE"

// measured returns the figures that limits.go caps, by the names used there.
func measured(t *testing.T, wasm []byte) map[string]uint64 {
	t.Helper()
	d := decoder{m: &Module{}}
	if err := Sections(wasm, d.section); err != nil {
		t.Fatal(err)
	}
	m, at := d.m, map[string]uint64{}
	record := func(name string, n int) { at[name] = max(at[name], uint64(n)) }
	for name, n := range map[string]int{
		"Types": len(m.Types), "Imports": len(m.Imports), "Functions": len(m.Functions), "Tables": len(m.Tables), "Globals": len(m.Globals),
		"Exports": len(m.Exports), "ExportsFunctions": len(m.Exports) * int(d.has.functions), "FunctionsDeclared": (len(m.Types) + len(m.Globals)) * int(d.has.functions), "Elements": len(m.Elements), "Segments": len(m.Data), "Customs": len(m.Customs),
		"Values": int(d.sums.values), "Names": int(d.sums.names), "Entries": int(d.sums.entries), "AllLocals": int(d.sums.locals), "AllTargets": int(d.sums.targets), "Operands": int(d.sums.operands),
	} {
		record(name, n)
	}
	for _, f := range m.Types {
		record("Params", max(len(f.Params), len(f.Results)))
	}
	for _, l := range m.Tables {
		record("Table", int(l.Min))
	}
	for _, c := range m.Customs {
		at["CustomBytes"] += uint64(len(c.Bytes))
	}
	w := &Walker{}
	for i, c := range m.Codes {
		w.Reset(m, i)
		blocks := 1
		for w.Next() {
			if w.Op == OpBlock || w.Op == OpLoop || w.Op == OpIf {
				blocks++
			}
			if w.Op == OpBrTable {
				record("BranchTargets", int(w.Targets))
			}
			record("Depth", w.Depth())
		}
		record("Function", len(c.Body)+len(c.locals))
		record("Locals", c.NumLocals)
		record("LocalsBlocks", c.NumLocals*blocks)
		at["Code"] += uint64(len(c.Body))
	}
	return at
}

// caps are the limits that an honest module must stay well below.
var caps = map[string]uint64{
	"Types": MaxTypes, "Params": MaxParams, "Values": MaxValues, "Imports": MaxImports, "Functions": MaxFunctions, "Globals": MaxGlobals,
	"Exports": MaxExports, "ExportsFunctions": MaxExportsFunctions, "FunctionsDeclared": MaxFunctionsDeclared, "Names": MaxNames, "Tables": MaxTables, "Table": MaxTable,
	"Elements": MaxElements, "Entries": MaxEntries, "Segments": MaxSegments, "Function": MaxFunction, "Locals": MaxLocals,
	"AllLocals": MaxAllLocals, "LocalsBlocks": MaxLocalsBlocks, "BranchTargets": MaxBranchTargets, "AllTargets": MaxAllTargets,
	"Operands": MaxOperands, "Customs": MaxCustoms, "CustomBytes": MaxCustomBytes,
}

// The caps are far above what compilers produce. VEGA_MEASURE names more
// modules to measure, such as a program with all of net/http.
func TestHonestModulesStayBelowCaps(t *testing.T) {
	var files []string
	for _, pattern := range append([]string{"../core/core.wasm", "../extras/*/*.wasm", "../testdata/guests/*.wasm"}, strings.Fields(os.Getenv(measureVariable))...) {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	largest := map[string]string{}
	seen := map[string]uint64{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, n := range measured(t, b) {
			if n > seen[name] {
				seen[name], largest[name] = n, filepath.Base(file)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		limit := caps[name]
		t.Logf("%-16s %9d of %9d  %s", name, seen[name], limit, largest[name])
		if limit > 0 && name != "Depth" && 3*seen[name] > 2*limit {
			t.Errorf("%s: %s has %d, the cap is %d", name, largest[name], seen[name], limit)
		}
	}
}
