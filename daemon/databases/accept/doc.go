// Package accept decides which data source names and queries vega accepts. The
// configuration applies it before anything starts, and package databases before
// it connects or runs a query, so that both refuse the same.
//
// No error contains any part of a data source name: a driver that misreads one
// takes a piece of the password for a host.
package accept
