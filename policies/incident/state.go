package incident

// State is everything that alerting continues with after a restart.
type State struct {
	Watches    []Watch
	Incidents  []Incident // open ones, and those that ended recently or whose end is not sent everywhere
	Deliveries []Delivery // of these incidents
	Silences   []Silence  // that have not ended
	// LastIncident and LastSilence are the highest IDs that were ever used.
	LastIncident, LastSilence int64
}

// Changes are records to be stored in one transaction. A watch in Forgotten is
// deleted; all others are added or replaced.
type Changes struct {
	Watches    []Watch
	Forgotten  []Watch // only Alert and Subject are set
	Incidents  []Incident
	Events     []Event // new ones
	Deliveries []Delivery
	Silences   []Silence
}

// Empty reports whether there is nothing to store.
func (c *Changes) Empty() bool {
	return c == nil || len(c.Watches)+len(c.Forgotten)+len(c.Incidents)+len(c.Events)+len(c.Deliveries)+len(c.Silences) == 0
}
