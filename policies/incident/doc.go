// Package incident defines the records of alerting: a watch (one alert on one
// subject), an incident (a subject in trouble), a delivery (what one notifier knows of
// one incident), a silence, and the message that a notifier sends.
//
// Package policies/alert changes these records, package store keeps them, and package
// daemon/notify sends the messages. This package imports only the standard library and
// policies/check.
package incident
