// Package plugins is the sandbox: it loads WebAssembly modules and runs their
// probes, each run in a fresh instance that can reach only what the operator
// granted.
//
// Open makes a Sandbox; Sandbox.Load checks and compiles a module (the bundled
// one is Core); Module.Run runs one probe and always returns, within its
// deadline, with a Result that contains no secret.
//
// Read it in this order: load.go (from bytes to a Module) with admit.go (what a
// module may import and must export); run.go (one run) with guest.go (the host's
// side of it), handles.go (what the guest has open), output.go (what it reports),
// held.go and prices.go (what it holds and is charged for); verdict.go (the
// result); then calls.go and the calls that a guest may make, one file per
// capability: call_*.go. bridge.go is for plugins written for Nagios, which make no
// calls.
//
// The packages below do the rest. To load a module: binary reads it, guard makes
// it safe to run, manifest holds what it declares, compiler compiles it in a child
// process and caches the result. To run it: engine (instances on wazero), memory
// (what they run in), scheduler (when they may compute), ledger (what the host
// holds for them). To serve its calls: options, grant (what the operator allowed),
// secret (what a guest never sees), egress (the network), sockets (connections
// within a share of the descriptors), jsonpath, pattern. Package shortage separates
// vega's own shortages from a target's faults.
//
// The package refuses modules without a manifest, with imports beyond it, or
// without the exports of the ABI. It imports nothing of the store and, of policies,
// only check: it declares what it needs as small interfaces (Databases, KV, Log).
package plugins
