package engine

// Annotations are what an integration's configuration says about it for people
// and other programs. They do not change how it runs.
type Annotations struct {
	Group       string            `json:"group,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Description string            `json:"description,omitempty"`
	Runbook     string            `json:"runbook,omitempty"` // a URL
}

// noted returns the annotations in the current configuration.
func (i *integration) noted() Annotations {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.annotations
}
