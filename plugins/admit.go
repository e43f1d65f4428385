package plugins

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/compiler"
	"vega/plugins/engine"
	"vega/plugins/manifest"
	"vega/policies/check"
	"vega/sdk/abi"
)

// maxShown limits how much of a name from a module an error message shows.
const maxShown = 80

// checkModule compares a compiled module with its manifest and with the calls
// that this version of vega serves. An older version may have written the cache
// entry.
func checkModule(p *compiler.Program, e *engine.Engine) error {
	return cmp.Or(p.Read.Manifest.Check(), checkImports(p.Read), e.CheckLinks(), checkExports(p.Read.Manifest.ABI, e.Compiled()))
}

// scripted says what an import of AssemblyScript's standard library is for.
func scripted(i manifest.Import) string {
	switch {
	case i.Module != "env":
	case i.Name == "seed":
		return ". In AssemblyScript, Math.random needs it; vega has no random numbers for it"
	case i.Name == "trace" || strings.HasPrefix(i.Name, "console."):
		return ". In AssemblyScript, call log of vega's SDK instead of console and trace"
	}
	return ""
}

// checkImports compares a module's imports with the capabilities that it
// declares. Imports are the upper bound of what a module can request.
func checkImports(m *manifest.Module) error {
	for _, i := range m.Imports {
		switch {
		case i.Module == engine.WASI:
		case i.Module != abi.Module:
			return fmt.Errorf("it imports %q from %q; a plugin may import from %q and %q only%s", check.Clip(i.Name, maxShown), check.Clip(i.Module, maxShown), abi.Module, engine.WASI, scripted(i))
		case m.Manifest.ABI == manifest.Nagios:
			return fmt.Errorf("it imports %s.%s, but its manifest has abi = %q. Such a plugin reports through its output and exit code, and may import from %q only; to make vega's calls, set abi = %q", abi.Module, check.Clip(i.Name, maxShown), manifest.Nagios, engine.WASI, abi.Module)
		case !isCall(i.Name):
			return fmt.Errorf("it imports %s.%s, which this version of vega does not have", abi.Module, check.Clip(i.Name, maxShown))
		}
	}
	for _, kind := range m.Unclaimed() {
		return fmt.Errorf("it imports calls of the capability %q, which none of its probes declares; add a capability %q block with a reason to plugin.hcl", kind, kind)
	}
	return nil
}

func checkExports(speaks string, c wazero.CompiledModule) error {
	if len(c.ExportedMemories()) != 1 || c.ExportedMemories()["memory"] == nil {
		return errors.New(`it must export exactly one memory, named "memory"`)
	}
	functions := c.ExportedFunctions()
	run, start, init := functions[abi.RunExport], functions[engine.Command], functions[engine.Initialize]
	switch {
	case speaks == manifest.Nagios && start == nil:
		return fmt.Errorf("it does not export %s, which abi = %q requires; build it as a WASI command, with a main function", engine.Command, manifest.Nagios)
	case speaks == manifest.Nagios && !isProcedure(start):
		return fmt.Errorf("its %s must have no parameters and no results", engine.Command)
	case speaks == manifest.Nagios && init != nil:
		return fmt.Errorf("it exports both %s and %s; a WASI command has only the former", engine.Command, engine.Initialize)
	case speaks == manifest.Nagios:
		return nil
	case run == nil && start != nil:
		return fmt.Errorf("it does not export %s(i32) -> i32, because it is a WASI command; if it was written for Nagios, set abi = %q in its plugin.hcl", abi.RunExport, manifest.Nagios)
	case run == nil:
		return fmt.Errorf("it does not export %s(i32) -> i32", abi.RunExport)
	case !slices.Equal(run.ParamTypes(), []api.ValueType{i32}) || !slices.Equal(run.ResultTypes(), []api.ValueType{i32}):
		return fmt.Errorf("its %s must take one i32 and return one i32", abi.RunExport)
	case init != nil && !isProcedure(init):
		return fmt.Errorf("its %s must have no parameters and no results", engine.Initialize)
	}
	return nil
}

// isProcedure reports whether a function has no parameters and no results.
func isProcedure(f api.FunctionDefinition) bool {
	return len(f.ParamTypes())+len(f.ResultTypes()) == 0
}
