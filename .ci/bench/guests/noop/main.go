// Package main is a plugin whose one probe does nothing: what a run of a Go
// guest costs before it does anything.
package main

import "vega/sdk"

func main() {}

func init() {
	sdk.Probe("noop", func(*sdk.Run) sdk.Result { return sdk.Healthy("ok") })
}
