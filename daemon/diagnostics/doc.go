// Package diagnostics reads how the machine, the container and this process
// are: memory, processors, threads, open files, connections, disks, the Go
// runtime and what tasks wait for.
//
// Make a Collector with New, early, so that its first answer has a window to
// look back on. Snapshot is everything, Summary the cheap part of it, and
// Explain, only when asked, who or what is behind a figure. Value and Paths
// find a figure by the name that it has in JSON, for thresholds.
//
// It never guesses: a figure that can't be had is nil, null in JSON, and
// Unavailable says why. It polls nothing in the background and keeps no state
// outside of a Collector. It judges nothing; that is for policies. It imports
// no other part of vega.
//
// Linux has the full set, within the times that it is tested for. Elsewhere
// gopsutil gives what it can, on macOS in part by running other programs, and
// the rest is unavailable.
package diagnostics
