package reference

import "testing"

// TestExamplesAreOfSomething: no example is left of what there is no more.
func TestExamplesAreOfSomething(t *testing.T) {
	for name := range examples {
		_, a := Config(nil).Find(name)
		_, b := Manifest().Find(name)
		if a != nil && b != nil {
			t.Errorf("examples has %q, which is in neither table", name)
		}
	}
}
