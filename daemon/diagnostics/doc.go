// Package diagnostics reads how the machine, the container and this process
// are: memory, processors, threads, open files, connections, disks, the Go
// runtime and what tasks wait for.
//
// Make a Collector with New, early, so that its first answer has a window to
// look back on. Snapshot is everything, Summary the cheap part of it, and
// Explain, only when asked, who or what is behind a figure. Value and Paths
// find a figure by the name that it has in JSON, for thresholds.
//
// A Pace tells what kept this process from running over a time, such as that
// of a run: how late it was, and what the kernel counted meanwhile.
//
// It never guesses: a figure that can't be had is nil, null in JSON, and
// Unavailable says why. It polls nothing in the background, but for the beat of
// a Pace while somebody asks, and keeps no state outside of a Collector. It judges nothing; that is for policies. It imports
// no other part of vega.
//
// Linux has the full set, within the times that it is tested for. Elsewhere
// gopsutil gives what it can, on macOS in part by running other programs, and
// the rest is unavailable.
package diagnostics
