package reference

import "testing"

// TestExamplesAreOfSomething checks that every example is for an existing
// attribute.
func TestExamplesAreOfSomething(t *testing.T) {
	for name := range examples {
		_, a := Config(nil).Find(name)
		_, b := Manifest().Find(name)
		if a != nil && b != nil {
			t.Errorf("examples has %q, which is in neither table", name)
		}
	}
}
