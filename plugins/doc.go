// Package plugins is the sandbox: it loads WebAssembly modules and runs their
// probes, each run in a fresh instance that can reach only what the operator
// granted.
//
// Open makes a Sandbox; Sandbox.Load checks and compiles a module (the bundled
// one is Core); Module.Run runs one probe and always returns, within its
// deadline, with a Result that holds no secret.
//
// It reads in the order a module takes through it: load.go (check, compile),
// run.go (one run), instance.go with snapshot.go and idle.go (what it runs in),
// tokens.go (when it may compute), verdict.go (what the run amounts to), then
// the calls a guest may make, one file a capability: call_*.go. bridge.go is the
// one exception: plugins written for Nagios, which make none. What the calls
// need lives in the packages below: manifest (what a plugin declares), grant
// (what the operator allowed), secret (what a guest never sees) and egress
// (every byte that leaves for the network).
//
// The package refuses modules without a manifest, with imports beyond it, or
// without the exports of the ABI. It imports neither the store nor policies:
// what it needs of them it declares as small interfaces (Databases, KV, Log).
package plugins
