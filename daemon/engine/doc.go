// Package engine runs integrations, on their intervals and on request. It does not
// know where bindings come from or where runs are recorded. Create an Engine with
// New, set its bindings with Bind, start the schedule with Run, and call Health.
//
// An integration never has two runs at the same time. A failure of vega itself is
// never reported as a failure of the target. Every run is recorded in the durable
// sink before its outcome is visible anywhere else.
//
// # A run, in call order
//
//	Engine.Run        schedule.go   ticks each integration, at its phase (phase.go)
//	Engine.Soon       soon.go       asks for an extra run, between two regular ones
//	Engine.join       flight.go     starts a run, or joins the one in flight
//	Engine.runOnce    run.go        the run, from top to bottom:
//	  Engine.execute  run.go        waits for a slot, then runs the sandbox
//	    Engine.admit  admit.go      waits for a slot and for file descriptors
//	  reclassifyStarved contention.go  blames the host if it was starved
//	  policies.Judge  policies/     decides the status of the integration
//	  sinks.record    sink.go       the durable sink, then the best-effort ones
//	flight.complete   flight.go     keeps the report and wakes all callers
//
// # A heartbeat, which runs nothing
//
//	Engine.Push       heartbeat.go  records what the job reports
//	beats.run         heartbeat.go  evaluates heartbeats that are due (agenda.go)
//	heartbeat.Job     daemon/heartbeat  decides what a push, or a missing one, means
package engine
