package schema

// usual holds bounds that a value may exceed, but seldom does on purpose. Like
// the bounds of an option, they are in seconds or bytes.
type usual struct {
	Min, Max float64
	Why      string
}
