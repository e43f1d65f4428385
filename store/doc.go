// Package store defines what vega stores: conversations with language models,
// memories, the values that probes keep between runs, and the runs themselves.
// It also defines what a database that stores them must do.
//
// Store is the contract. Code that uses a part of it takes the small interface
// of that part: Conversations, Memories, KV, Runs or Maintenance. Package
// sqlite implements the contract; call sqlite.Open to get a Store. Package
// storetest tests an implementation against it.
//
// The rest is what implementations share. Validate methods define which values
// are accepted. A Position becomes the cursor of a page, and back. An Appender
// batches runs in front of a database, PackedRun is how they are encoded there,
// and Health tracks whether the database can be written.
//
// The package imports no database driver.
package store
