package plugins

import (
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/policies/check"
)

// checkLinks holds what a module imports against what is served, by name and
// signature, so that a module which could never start is refused when it is
// loaded and not by each of its runs.
func (e *engine) checkLinks(c wazero.CompiledModule) error {
	for _, f := range c.ImportedFunctions() {
		module, name, _ := f.Import()
		var served api.FunctionDefinition
		if m := e.runtime.Module(module); m != nil {
			served = m.ExportedFunctionDefinitions()[name]
		}
		switch {
		case served == nil:
			return fmt.Errorf("it imports %s.%s, which is not served", check.Clip(module, 80), check.Clip(name, 80))
		case !slices.Equal(f.ParamTypes(), served.ParamTypes()) || !slices.Equal(f.ResultTypes(), served.ResultTypes()):
			return fmt.Errorf("it imports %s.%s with other parameters or results than it has", module, name)
		}
	}
	return nil
}
