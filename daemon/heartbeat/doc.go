// Package heartbeat decides what the pushes of a job say about it, and when a push is
// late. A Job is the state of one; it reads no clock, and records nothing. Its runs say
// everything that Restore needs, so that the last stored run is all that a restart has to
// know.
//
// What is missing is evidence against the job only while vega was there to receive it:
// after vega was away, a push that is due counts as unknown until the job has had the time
// to push again.
package heartbeat
