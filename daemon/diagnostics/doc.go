// Package diagnostics reports the state of the machine, the container and this
// process: memory, CPUs, threads, open files, connections, disks, the Go runtime and
// resource pressure.
//
// Create a Collector with New early, so that the first reading can cover a window.
// Summary returns the figures that are cheap to read, and Snapshot returns all.
// Explain, which is slower, returns the evidence behind a figure. Value and Paths
// identify figures by their names in the JSON, for thresholds.
//
// A Pace measures how much this process was kept from running during a span of time,
// such as a run: how late it was, and how long tasks waited according to the kernel.
//
// The package does not estimate missing figures. An unavailable figure is nil, or
// null in the JSON, and Unavailable gives the reason. Nothing runs in the background
// except the beat of a Pace while a Span is open. All state is in the Collector.
// Package policies judges the figures.
//
// Two subpackages read the state of the operating system: system, and cgroup for the
// limits of a container. Both parse the kernel's files with kernelfile.
//
// On Linux every figure is available, and the tests check how long reading takes. On
// other systems gopsutil provides some of the figures, and the rest are unavailable.
package diagnostics
