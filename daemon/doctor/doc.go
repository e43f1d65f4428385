// Package doctor examines the host that vega runs on, or is to run on, and says
// what is wrong and what to do about it.
//
// Call Examine. It runs every check concurrently and returns a Report with at least
// one Finding for each. A check reads, and changes nothing. Each has a time limit, so
// a file system, a resolver or a daemon that hangs costs seconds and becomes a finding
// of its own.
//
// Each check has a file of its own: daemon.go, configuration.go, permissions.go and so
// on. What checks share is in host.go: the configuration, the answers of a running
// daemon, and the account that vega runs as.
//
// The statuses mean: StatusError, vega can't run or is losing something; StatusWarning,
// this will cause trouble; StatusOK; StatusUnknown, the check could not look;
// StatusSkipped, it does not apply, or needs what another check found to be broken.
package doctor
