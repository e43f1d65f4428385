// Package engine runs integrations: on their intervals, and on request. It knows
// plugins, policies and the words they share, and nothing of where bindings come
// from or where runs go. Create an Engine with New, give it what to run with
// Bind, start the schedule with Run, and ask Health.
//
// An integration never runs twice at once, a fault of vega's own is never reported as
// one of a target, and every run reaches the durable sink before anybody learns
// its outcome.
//
// # A run, in the order of its calls
//
//	Engine.Run        schedule.go   each integration's tick, at its phase (phase.go)
//	Engine.join       flight.go     starts a run, or joins the one in flight
//	Engine.runOnce    run.go        the run, read from top to bottom:
//	  Engine.execute  run.go        a slot, then the sandbox
//	    Engine.admit  admit.go      waits for a slot, and for file descriptors
//	  reclassifyStarved contention.go  a run that a starved host cut off
//	  policies.Judge  policies/     what the result means for the integration
//	  Engine.record   sink.go       the durable sink, then the best-effort ones
//	flight.complete   flight.go     keeps the report, wakes everybody who waits for it
package engine
