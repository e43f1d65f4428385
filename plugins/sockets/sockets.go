// Package sockets opens connections and resolves names for everything that
// probes reach, with two guarantees: a failure because vega itself ran out of
// descriptors, ports or memory is reported as a *shortage.Error, even if a
// library would turn it into text; and all runs together open no more sockets
// than their share of the descriptors.
//
// A Pool is that share; Pool.Allow admits a run and returns its Allowance. A
// Dialer connects and resolves within one.
package sockets
