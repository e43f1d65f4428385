// Package main is the plugin core: the probes that come with vega. Each file
// named after a probe holds that probe; the others hold what several share.
// plugin.hcl beside it is the manifest.
//
// It is built as a wasip1 module (GOOS=wasip1 GOARCH=wasm, -buildmode=c-shared),
// in which main is never called, and natively for its tests. It uses package
// sdk and nothing that would pull in fmt, reflection or net.
package main

func main() {}
