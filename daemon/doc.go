// Package daemon puts vega together: it opens the store, the sandbox and the
// monitor, puts configurations in force, and starts and stops everything. Call
// Open, then Run in a goroutine of its own, and end with Shutdown.
//
// It swaps configurations and modules only as a whole, and only after they have
// been checked and loaded. Packages daemon/api and daemon/vega import it; it
// imports neither.
//
// # Where things are
//
//	daemon.go      Open, and the order of the start (step.go)
//	run.go         Run, Drain and Shutdown
//	reload.go      Reload, and what attempts report (attempt.go)
//	follow.go      reloads the configuration when its files change
//	validate.go    Validate and Plan, which change nothing
//	state.go       what is in force: configuration, plugins, databases, thresholds
//	descriptors.go how file descriptors are divided between clients and checks
//	sinks.go       where runs are recorded (history.go reads them back)
//	databases.go, system.go  connect databases and monitor to what is in force
//	coalescer.go   lets concurrent callers share one operation
//
//	engine/        runs integrations, on intervals and on request
//	catalog/       finds, compiles and loads plugins
//	databases/     runs the queries of probes
//	monitor/       judges the state of this machine (diagnostics/ reads it)
//	config/        loads and checks vega.hcl; plan/ compares two configurations
//	api/           serves HTTP; vega/ is the command
//
// # A request, in the order of its calls
//
//	limiter.Accept   api/limiter.go  accepts a connection, perhaps closing an idle one
//	gate.ServeHTTP   api/limiter_request.go  identifies the client, limits requests
//	routes           api/routes.go   the table of routes
//	a handler        api/handlers.go decodes, calls one method here, encodes
//	Engine.Health    engine/health.go  runs integrations and waits for them
//	writeError       api/error.go    turns every error into a response
//
// # A change, in the order of its calls
//
//	Catalog.Watch    catalog/watch.go  a module was added, changed or removed
//	Daemon.poll      follow.go    a file of the configuration changed
//	Daemon.Reload    reload.go    loads a new configuration, also on SIGHUP or by HTTP
//	Daemon.adopt     reload.go    rejects it, finds it unchanged, or prepares it
//	Catalog.Fit      catalog/load.go  loads each new module before anything changes
//	Daemon.install   state.go     swaps everything at once
//	Daemon.conclude  reload.go    logs the outcome and keeps it for Validate
package daemon
