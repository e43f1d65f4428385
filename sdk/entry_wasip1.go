package sdk

import "vega/sdk/abi"

// vegaRun is the only function that the host calls.
//
//go:wasmexport vega_run
func vegaRun(int32) int32 { return int32(runBound()) }

var _ = vegaRun // not called from Go

// runBound runs the probe that the host bound this run to. It looks it up by
// name rather than index, so that a manifest may list its probes in any order.
func runBound() abi.Status {
	r := &Run{}
	name := r.String(abi.ProbeKey)
	run := Lookup(name)
	if run == nil {
		abi.Message(`the plugin registers no probe "` + name + `", which its manifest declares: call sdk.Probe in an init function`)
		return abi.Unknown
	}
	defer reportPanic()
	result := run(r).Checked()
	abi.Message(clip(result.Message, maxMessage))
	return result.Status
}

// reportPanic puts the text of a panic into the message and the log, and lets
// the panic continue: the instance must not be used again.
func reportPanic() {
	v := recover()
	if v == nil {
		return
	}
	text := "the probe panicked"
	switch v := v.(type) {
	case error:
		text += ": " + v.Error()
	case string:
		text += ": " + v
	}
	abi.Message(clip(text, maxMessage))
	abi.Log(int32(abi.LevelError), clip(text, maxMessage))
	panic(v)
}
