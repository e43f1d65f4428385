// Package replay reports which alerts would have opened, and how many messages each
// notifier would have been sent, had the stored runs and figures been judged by a
// configuration. It compares that with what was sent live.
//
// It runs the state machine of policies/alert in virtual time, and needs nothing of the
// store but to read it. Every message arrives at once. Silences and acknowledgements are
// repeated at their times; events of vega itself are not stored, so alerts on them are
// left out.
package replay
