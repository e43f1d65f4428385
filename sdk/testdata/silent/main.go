// Package main is a plugin whose probe makes no calls to the outside.
package main

import "vega/sdk"

func init() {
	sdk.Probe("silent", func(r *sdk.Run) sdk.Result { return sdk.Healthy("hello " + r.String("name")) })
}

func main() {}
