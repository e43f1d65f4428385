// Package catalog manages the plugins. It finds, compiles and loads modules, decides
// which file may serve which name, and watches the plugin directory. It replaces a
// module in service only after the new one is loaded and the configuration is valid
// with it.
//
// A Set holds the plugins in service under one configuration. The catalog prepares
// sets, and its Host, the daemon, activates them.
//
// # Installing a module, in call order
//
//	Catalog.Watch     watch.go      polls the directory for files that have settled
//	Catalog.Handle    accept.go     accepts a file, or has it compiled first:
//	  compileQueue.add  queue.go    queues it for the compiler
//	  Catalog.compile   compile.go  runs the child process
//	Catalog.apply     accept.go     loads the module:
//	  Catalog.accept  accept.go     checks the file and loads it
//	  Set.with        accept.go     binds the configuration to the new manifests
//	  Host.Change                   activates the new set
//
// On a start or a reload, Catalog.Fit (load.go) loads the modules of the
// configuration.
package catalog
