package plugins

import (
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/jsonpath"
	"vega/policies/check"
	"vega/sdk/abi"
)

var configCalls = map[string]hostCall{
	"config": {[]api.ValueType{i32, i32, i32, i32}, errnoI32, func(c *call) int64 {
		path, err := c.text(0)
		if err != nil {
			return int64(c.fail(err))
		}
		if path == abi.ProbeKey {
			return c.put(2, c.in.Probe)
		}
		value, ok := c.options.Lookup(path)
		if !ok {
			undeclared(c.guest, path)
			return int64(c.fail(unsetError(path)))
		}
		return c.put(2, value)
	}},
}

// unsetError reports an option that is not set. A run meets many of them and shows none,
// so its text is made only for the error call.
type unsetError string

// Error names the option.
func (e unsetError) Error() string { return fmt.Sprintf("option %q: %v", string(e), errNotSet) }

// Unwrap makes the error errNotSet.
func (unsetError) Unwrap() error { return errNotSet }

// undeclared notes and reports an option that the guest reads but the manifest
// does not declare, so it is never set.
func undeclared(g *guest, path string) {
	p, _ := g.module.Manifest.Probe(g.in.Probe)
	if p.Option(path) != nil {
		return
	}
	first := jsonpath.Split(path)[0]
	if first.Command != 0 || p.Option(first.Key) != nil {
		return
	}
	if g.undeclared == "" {
		g.undeclared = first.Key
	}
	if g.in.Undeclared != nil {
		g.in.Undeclared(first.Key)
	}
}

// explained returns the text of an error. If the guest asked for no target at
// all after it read an option that does not exist, that is most likely why.
func (g *guest) explained(err error) string {
	text := err.Error()
	d, denied := errors.AsType[*grant.Denial](err)
	if g.undeclared != "" && (denied && d.Empty || errors.Is(err, egress.ErrNoURL)) {
		text += fmt.Sprintf("; the probe reads the option %q, which plugin.hcl does not declare", check.Clip(g.undeclared, 80))
	}
	return text
}
