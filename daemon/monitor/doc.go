// Package monitor reads the state of this machine, its container and this
// process, and compares it with thresholds. Call New early, then System for
// everything with evidence, or Summarize for the cheap part. Read is for alerts: it reads
// given figures at regular intervals and judges nothing. Strain describes in a few
// sentences what is abnormal now.
//
// # A reading, in call order
//
//	Monitor.System    monitor.go       the reading, from top to bottom
//	  Collector.Snapshot  diagnostics/ the state of the machine and the container
//	  Sources.Figures                  recent figures of the databases
//	  readings.judge  warning.go       compares them with the thresholds (policies/)
//	  remediation     remediations.go  what an operator can do
//	  evidences.add   evidence.go      the evidence for each warning
package monitor
