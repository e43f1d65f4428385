// Package memory provides the memory that guests run in.
//
// Linear is the linear memory of one instance; it implements wazero's
// experimental.LinearMemory. An Image holds the bytes that every instance of a
// module starts with: on Linux it is mapped copy-on-write, so that Linear.Reset
// can return the memory to the image after a run, with the help of PageMap at
// the cost of only those pages that the run wrote to. Buffer holds what the
// host reads on a guest's behalf, outside of the garbage-collected heap.
//
// The package knows neither modules nor runs. It imports the standard library,
// golang.org/x/sys and ledger, on which Buffer counts what it holds.
package memory
