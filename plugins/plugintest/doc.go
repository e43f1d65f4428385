// Package plugintest runs a finished plugin in the sandbox against a world of
// recorded answers, and against one in which a thing goes wrong at a time.
//
// A Case is one run: the probe, its config, the answers of the outside and
// what the probe has to come to. Kit.Record makes one from a real target,
// Kit.Replay runs it offline, Kit.Faults breaks its world in every way that
// the probe's calls can fail, and says what the author should mend. What the
// runs asked for is in Learned: the smallest grant that they need.
//
// It is what `vega plugin test` is made of. Package sdktest, beside the SDK
// for Go, runs a probe's function natively instead.
package plugintest
