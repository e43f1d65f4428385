package abi

// String returns the name of the status.
func (s Status) String() string {
	switch s {
	case Healthy:
		return "healthy"
	case Degraded:
		return "degraded"
	case Unhealthy:
		return "unhealthy"
	case Unknown:
		return "unknown"
	default:
		return "invalid"
	}
}
