package plugins

import (
	"fmt"

	"github.com/tetratelabs/wazero/api"

	"vega/plugins/jsonpath"
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
			return int64(c.fail(fmt.Errorf("option %q: %w", path, errNotSet)))
		}
		return c.put(2, value)
	}},
}

// undeclared reports an option that the guest reads but the manifest does not
// declare, so it is never set.
func undeclared(g *guest, path string) {
	first := jsonpath.Split(path)[0]
	if g.in.Undeclared == nil || first.Command != 0 {
		return
	}
	if p, _ := g.module.Manifest.Probe(g.in.Probe); p.Option(first.Key) == nil {
		g.in.Undeclared(first.Key)
	}
}
