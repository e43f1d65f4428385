// Package alerting keeps the state machine of policies/alert in step with the store,
// and sends what is due.
//
// Machine.Run is called by the store's one writer, just before a batch of runs is
// stored; the changes are stored in the same transaction. Messages are sent only after
// what led to them is stored, or after five seconds if nothing can be stored.
package alerting
