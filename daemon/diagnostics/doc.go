// Package diagnostics reports the state of the machine, the container and this
// process: memory, CPUs, threads, open files, connections, disks, the Go
// runtime and what tasks wait for.
//
// Make a Collector with New, early, so that its first answer has a window to
// look back on. Summary returns what is cheap to read and Snapshot everything.
// Explain, which is slower, returns the evidence behind a figure. Value and
// Paths address figures by their names in the JSON, for thresholds.
//
// A Pace measures what kept this process from running during a span of time,
// such as that of a run: how late it was, and what the kernel counted meanwhile.
//
// Nothing is guessed: a figure that is not available is nil, null in the JSON,
// and Unavailable gives the reason. Nothing runs in the background, except the
// beat of a Pace while a Span is open, and all state is in the Collector.
// Judging the figures is left to package policies.
//
// The packages below this one read the operating system: system, and cgroup for
// the limits of a container. Both parse the kernel's files with kernelfile.
//
// Linux provides every figure, in the times that the tests check. On other
// systems gopsutil provides some of them, and the rest are unavailable.
package diagnostics
