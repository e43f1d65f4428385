// Package plugins is the sandbox: it loads WebAssembly modules and runs their
// probes, each run in a fresh instance that can reach only what the operator
// granted.
//
// Open makes a Sandbox; Sandbox.Load checks and compiles a module (the bundled
// one is Core); Module.Run runs one probe and always returns, within its
// deadline, with a Result that holds no secret.
//
// It reads in the order a module takes through it: load.go with compile.go (in
// a child process, or from the cache), ready.go (what is made of a stranger's
// bytes) and entry.go (what the cache keeps of it); run.go (one run), instance.go
// with snapshot.go and idle.go (what it runs in), tokens.go (when it may compute),
// held.go and prices.go (what it holds of the host, and pays), verdict.go (what
// the run amounts to), then the calls a guest may make, one file a capability:
// call_*.go. bridge.go is the one exception: plugins written for Nagios, which
// make none. What all that needs lives in the packages below: binary (the one
// reader of modules), guard (what makes one safe to run), manifest (what a plugin
// declares), grant (what the operator allowed), secret (what a guest never sees),
// egress (every byte that leaves for the network), jsonpath (what an answer's JSON
// says), pattern (expressions of limited work), ledger (what memory is held for
// whom), sockets (connections within a share of descriptors) and shortage (vega's
// own shortages, told from a target's faults).
//
// The package refuses modules without a manifest, with imports beyond it, or
// without the exports of the ABI. It imports neither the store nor policies:
// what it needs of them it declares as small interfaces (Databases, KV, Log).
package plugins
