// Package message turns the notices of alerting into text for people: Compose says what
// happened in words, without any markup, and Fit chooses as much of it as a service
// takes.
//
// Text that came from a target, a probe or an API client is hostile. Clean leaves of it
// at most 1 KiB on one line, without control, bidirectional and invisible characters. A
// service that interprets markup has to escape it; see package notify.
package message
