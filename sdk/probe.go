package sdk

import "vega/sdk/abi"

type registration struct {
	name string
	run  func(*Run) Result
}

var probes []registration

// Probe registers a probe under the name that the manifest gives it. Call it
// from init. A name that is registered twice panics: it is a mistake that no
// run could make good.
func Probe(name string, run func(*Run) Result) {
	if lookup(name) != nil {
		panic("sdk: the probe " + name + " is registered twice")
	}
	probes = append(probes, registration{name, run})
}

// Lookup returns the probe registered under a name, or nil. Tests use it to
// hold a manifest against the code.
func Lookup(name string) func(*Run) Result { return lookup(name) }

func lookup(name string) func(*Run) Result {
	for _, p := range probes {
		if p.name == name {
			return p.run
		}
	}
	return nil
}

// runBound runs the probe that the host bound this run to. It goes by name and
// not by index, so that a manifest may list its probes in any order.
func runBound() abi.Status {
	r := &Run{}
	name := r.String(abi.ProbeKey)
	run := lookup(name)
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
