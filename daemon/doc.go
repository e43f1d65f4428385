// Package daemon is the engine: it binds probes to their targets, runs them,
// and answers how everything is. Call Open, then Run in a goroutine of its
// own, ask Health, and end with Shutdown.
//
// It refuses to run an integration twice at once, to report a fault of its
// own as a fault of a target, and to swap in a configuration or a module that
// was not checked whole. Packages daemon/api and daemon/vega import it;
// it imports neither.
//
// # A run, in the order of its calls
//
//	Daemon.Run       schedule.go   each integration's tick, at its place (phase.go)
//	Daemon.join      share.go      starts a run, or joins the one in flight
//	Daemon.runOnce   run.go        the run, read from top to bottom:
//	  Daemon.execute run.go        a place among the running, then the sandbox
//	    Daemon.admit run.go        waits for one, and for descriptors (descriptors.go)
//	  policies.Judge policies/     what the result means for the integration
//	  Daemon.tell    run.go        one log line
//	  Daemon.keep    history.go    handed over to the store, which writes batches
//	flight.land      share.go      keeps the report, wakes who waits for it
//
// # A request, in the order of its calls
//
//	door.Accept      api/door.go     a connection, and which one gives way to it
//	gate.ServeHTTP   api/door_request.go  whom it is from, and whether there is room
//	routes           api/routes.go   the one table of routes
//	a handler        api/handlers.go decodes, calls one method here, encodes
//	Daemon.Health    health.go       joins a run of each integration
//	Daemon.gather    health.go       waits for them, no longer than the caller
//	state.nameRoots  rootcause.go    adds which dependency a trouble comes from
//	writeError       api/error.go    where every error becomes a response
//
// # A look at this machine, in the order of its calls
//
//	Daemon.System    system.go         the request
//	lookout.system   lookout.go        the look, read from top to bottom:
//	  Collector.Snapshot  diagnostics/ what the machine and the container say
//	  databases.figures   tallies.go   what databases have counted lately
//	  readings.judge      warning.go   held against thresholds (policies/)
//	  evidences.add       evidence.go  what is behind each warning
//
// # A change, in the order of its calls
//
//	Daemon.watch     dropin.go    a module that came, changed or went
//	Daemon.look      follow.go    a configuration's file that did
//	Daemon.Reload    reload.go    that, SIGHUP or HTTP: a whole new configuration
//	Daemon.adopt     reload.go    refused, found to be in force, or prepared
//	Daemon.load      modules.go   each new module compiled, before anything changes
//	Daemon.install   state.go     everything swapped at once
//	Daemon.conclude  reload.go    what came of it: the log, Rejected, Validate
package daemon
