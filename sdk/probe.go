package sdk

type registration struct {
	name string
	run  func(*Run) Result
}

var probes []registration

// Probe registers a probe under the name that the manifest gives it. Call it
// from init. A name that is registered twice panics: it is a mistake that no
// run could make good.
func Probe(name string, run func(*Run) Result) {
	if Lookup(name) != nil {
		panic("sdk: the probe " + name + " is registered twice")
	}
	probes = append(probes, registration{name, run})
}

// Lookup returns the probe registered under a name, or nil. Tests use it to
// hold a manifest against the code.
func Lookup(name string) func(*Run) Result {
	for _, p := range probes {
		if p.name == name {
			return p.run
		}
	}
	return nil
}
