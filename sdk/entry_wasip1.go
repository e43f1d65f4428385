package sdk

// vegaRun is the one function that the host calls.
//
//go:wasmexport vega_run
func vegaRun(int32) int32 { return int32(runBound()) }
