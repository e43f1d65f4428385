package daemon

import "vega/daemon/plan"

// Changes names what another configuration would change, in order.
type Changes struct {
	Live    []string `json:"live"`    // by a reload
	Restart []string `json:"restart"` // not before a restart, nor by a reload
}

func changesOf(p plan.Plan) Changes { return Changes{p.Live(), p.NeedsRestart()} }
