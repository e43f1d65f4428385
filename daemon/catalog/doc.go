// Package catalog manages the plugins: it finds, compiles and loads modules,
// decides which file may serve which name, and watches the plugin directory. It
// does not replace a module in service before the new one is loaded and the
// configuration is valid with it.
//
// A Set holds the plugins in service under one configuration. The catalog prepares
// sets, and its Host, the daemon, puts them in force.
//
// # A module that is dropped in, in the order of its calls
//
//	Catalog.Watch     watch.go      polls the directory for files that have settled
//	Catalog.Handle    accept.go     accepts a file, or has it compiled first:
//	  compileQueue.add  queue.go    queues it for the compiler
//	  Catalog.compile   compile.go  runs the child process
//	Catalog.apply     accept.go     loads the module:
//	  Catalog.accept  accept.go     checks the file and loads it
//	  Set.with        accept.go     binds the configuration to the new manifests
//	  Host.Change                   puts the new set in force
//
// Catalog.Fit (load.go) loads the modules of a configuration that is loaded or
// reloaded.
package catalog
