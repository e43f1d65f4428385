package sdk

import "vega/sdk/abi"

// vegaRun is the one function that the host calls.
//
//go:wasmexport vega_run
func vegaRun(int32) int32 { return int32(runBound()) }

var _ = vegaRun // nothing in Go calls it

// runBound runs the probe that the host bound this run to. It goes by name and
// not by index, so that a manifest may list its probes in any order.
func runBound() abi.Status {
	r := &Run{}
	name := r.String(abi.ProbeKey)
	run := Lookup(name)
	if run == nil {
		abi.Message(`the plugin registers no probe "` + name + `", though its manifest names one: call sdk.Probe in an init function`)
		return abi.Unknown
	}
	defer tellPanic()
	result := run(r)
	abi.Message(clip(result.Message, maxMessage))
	return result.Status
}

// tellPanic puts the text of a panic where an operator will look, and lets it
// go on: the instance must not be used again.
func tellPanic() {
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
