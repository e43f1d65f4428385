package schema

// usual are bounds that a value may leave, but seldom does on purpose. Like
// those of an option they count in seconds or bytes.
type usual struct {
	Min, Max float64
	Why      string
}
