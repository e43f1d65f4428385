// Package catalog keeps the plugins: it finds modules, compiles and loads them,
// decides which file may serve which name, and follows the plugin directory while
// vega runs. Nothing in service changes before its replacement is loaded and fits
// the configuration.
//
// A Set is the plugins in service under one configuration. The catalog prepares
// sets, and its Host, the daemon, puts them in force.
//
// # A module that is dropped in, in the order of its calls
//
//	Catalog.Watch     watch.go    looks at the directory, and sees a file that settled
//	Catalog.handle    accept.go   refused, in service already, or to be compiled:
//	  compileQueue.add  queue.go  waits its turn at the compiler
//	  Catalog.compile   compile.go  the child process
//	Catalog.takeIn    accept.go   admitted and loaded, then
//	  Catalog.with    accept.go   the configuration, bound to the new manifests
//	  Host.Change                 put in force, all at once
//
// A configuration that is loaded or reloaded comes by Catalog.Fit (load.go).
package catalog
