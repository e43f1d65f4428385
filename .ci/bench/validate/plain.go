package main

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"
)

// plainly is the argument that makes the process decode without checks.
const plainly = "plainly"

type plainFile struct {
	Integrations []struct {
		Name     string `hcl:"name,label"`
		Probe    string `hcl:"probe"`
		Interval string `hcl:"interval"`
		Timeout  string `hcl:"timeout"`
		Config   struct {
			URL     string            `hcl:"url"`
			Headers map[string]string `hcl:"headers"`
			Status  []int             `hcl:"expect_status"`
			Latency string            `hcl:"max_latency"`
		} `hcl:"config,block"`
	} `hcl:"integration,block"`
}

// plain decodes a file as in the library's documentation, and checks only types.
func plain(path string) error {
	parsed, diags := hclparse.NewParser().ParseHCLFile(path)
	if diags.HasErrors() {
		return diags
	}
	core := cty.ObjectVal(map[string]cty.Value{"http": cty.StringVal("core.http")})
	var into plainFile
	if diags := gohcl.DecodeBody(parsed.Body, &hcl.EvalContext{Variables: map[string]cty.Value{"core": core}}, &into); diags.HasErrors() {
		return diags
	}
	if len(into.Integrations) == 0 {
		return errors.New("no integrations decoded")
	}
	fmt.Println(len(into.Integrations))
	return nil
}
