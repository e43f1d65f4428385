package engine

import (
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"vega/policies/check"
)

// maxShown limits how much of a name from a module an error message shows.
const maxShown = 80

// CheckLinks compares the module's imports with what is served, by name and
// signature, so a module that could never start is refused when it is loaded
// and not in each of its runs.
func (e *Engine) CheckLinks() error {
	for _, f := range e.compiled.ImportedFunctions() {
		module, name, _ := f.Import()
		var served api.FunctionDefinition
		if m := e.runtime.Module(module); m != nil {
			served = m.ExportedFunctionDefinitions()[name]
		}
		switch {
		case served == nil:
			return fmt.Errorf("it imports %s.%s, which is not served", check.Clip(module, maxShown), check.Clip(name, maxShown))
		case !slices.Equal(f.ParamTypes(), served.ParamTypes()) || !slices.Equal(f.ResultTypes(), served.ResultTypes()):
			return fmt.Errorf("it imports %s.%s with the wrong parameters or results", module, name)
		}
	}
	return nil
}
