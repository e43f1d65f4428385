// Package oncall renders incidents, silences, alerts and notifiers, and reads the forms and
// addresses of their pages. It reads nothing from the daemon: it is handed what it shows.
package oncall

// View is how a viewer sees them.
type View struct {
	Link  func(path string, args ...string) string // to a page of the site; each %s is replaced by an escaped argument
	Write bool                                     // the viewer may acknowledge, silence and test
}
