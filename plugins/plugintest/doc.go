// Package plugintest runs a finished plugin in the sandbox against a recorded
// world, and against the same world with one fault injected at a time.
//
// A Case is one run: the probe, its config, the recorded results of its calls
// and the expected result. Kit.Record creates one from a real target,
// Kit.Replay runs it offline, and Kit.Faults injects every fault that the
// probe's calls can meet and reports what the author should fix. Learned
// records what the runs requested: the smallest sufficient grant.
//
// `vega plugin test` is built on it. Package sdktest, next to the Go SDK, runs
// a probe function natively instead.
package plugintest
