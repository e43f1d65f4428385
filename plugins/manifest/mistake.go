package manifest

import "fmt"

// Mistake is one problem that Check found in a manifest, with its place.
type Mistake struct {
	Probe      string // "" if the mistake concerns no single probe
	Option     string // an option of Probe; "" if the mistake concerns no single option
	Field      string // a field of Option; "" if the mistake concerns no single field
	Capability Kind   // a capability of Probe; "" if the mistake concerns no single capability
	text       string
}

// Error returns the place and the problem.
func (m *Mistake) Error() string {
	if m.Probe == "" {
		return m.text
	}
	return fmt.Sprintf("probe %q: %s", clip(m.Probe), m.text)
}
