// Package main is the core plugin: the probes that ship with vega. Each file
// named after a probe contains that probe; the others contain shared code.
// plugin.hcl is the manifest.
//
// It is built as a wasip1 module (GOOS=wasip1 GOARCH=wasm,
// -buildmode=c-shared), in which main is never called, and natively for its
// tests. It uses package sdk and nothing that depends on fmt, reflection or
// net.
package main

func main() {}
