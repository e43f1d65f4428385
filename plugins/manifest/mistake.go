package manifest

import "fmt"

// Mistake is one thing that Check found wrong with a manifest, and where.
type Mistake struct {
	Probe      string // "" if it concerns no single probe
	Option     string // of Probe; "" if it concerns no single option
	Capability Kind   // of Probe; "" if it concerns no single capability
	text       string
}

// Error says where the mistake is and what is wrong.
func (m *Mistake) Error() string {
	if m.Probe == "" {
		return m.text
	}
	return fmt.Sprintf("probe %q: %s", clip(m.Probe), m.text)
}
