package sdk

type registration struct {
	name string
	run  func(*Run) Result
}

var probes []registration

// Probe registers a probe under its name in the manifest. Call it from init. It
// panics if the name is already registered.
func Probe(name string, run func(*Run) Result) {
	if Lookup(name) != nil {
		panic("sdk: the probe " + name + " is registered twice")
	}
	probes = append(probes, registration{name, run})
}

// Lookup returns the probe registered under a name, or nil. Tests use it to
// compare a manifest with the code.
func Lookup(name string) func(*Run) Result {
	for _, p := range probes {
		if p.name == name {
			return p.run
		}
	}
	return nil
}
