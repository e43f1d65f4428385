// Package monitor reads how this machine, its container and this process are,
// and judges the readings by thresholds. Call New early, then System for
// everything with evidence, or Summarize for what costs little.
//
// # A reading, in the order of its calls
//
//	Monitor.System    monitor.go       the reading, from top to bottom
//	  Collector.Snapshot  diagnostics/ what the machine and the container report
//	  Databases.Figures                what databases have counted lately
//	  readings.judge  warning.go       compared with the thresholds (policies/)
//	  evidences.add   evidence.go      what is behind each warning
//	  whatToDo        remediations.go  what an operator can do
package monitor
