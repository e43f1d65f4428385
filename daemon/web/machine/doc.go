// Package machine renders what vega knows of its databases, of this machine and of its
// plugins. It reads nothing itself: Databases, Diagnostics and Plugins get what they show.
package machine
