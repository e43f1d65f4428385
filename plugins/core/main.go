// Package main is the core plugin: the probes that ship with vega. Each file
// named after a probe contains that probe; the others contain shared code.
// plugin.hcl is the manifest.
//
// It is built as a wasip1 module (GOOS=wasip1 GOARCH=wasm,
// -buildmode=c-shared), in which main is never called, and natively for its
// tests. It uses package sdk and nothing that depends on fmt, reflection or
// net.
package main

import "vega/sdk"

func main() {}

func init() { sdk.Probe("heartbeat", heartbeatProbe) }

// heartbeatProbe is for programs that run the module without vega, such as vega plugin
// test. The daemon evaluates heartbeats itself, and runs no module for them.
func heartbeatProbe(*sdk.Run) sdk.Result {
	return sdk.Unknown("only the vega daemon can receive the reports of a heartbeat")
}
