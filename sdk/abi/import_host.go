//go:build !wasip1

package abi

import "unsafe"

func bytesAt(buf unsafe.Pointer, size uint32) []byte {
	return unsafe.Slice((*byte)(buf), size)
}

// The raw calls of a native build go to the installed Host.

// Config copies the value at a dotted path into buf, as far as it fits, and returns its full length.
func Config(key string, buf unsafe.Pointer, size uint32) int32 {
	return host.Config(key, bytesAt(buf, size))
}

// Message sets the one-line result.
func Message(text string) { host.Message(text) }

// Detail adds a piece of evidence.
func Detail(name, value string) { host.Detail(name, value) }

// Metric adds a measured value.
func Metric(name string, value float64, unit string) { host.Metric(name, value, unit) }

// Log writes a line to vega's log.
func Log(level int32, text string) { host.Log(Level(level), text) }

// Deadline returns the nanoseconds left.
func Deadline() int64 { return host.Deadline() }

// Now returns Unix nanoseconds.
func Now() int64 { return host.Now() }

// Error copies the text of the last error into buf, as far as it fits, and returns its full length.
func Error(buf unsafe.Pointer, size uint32) int32 { return host.Error(bytesAt(buf, size)) }

// HTTPRequest begins a request and returns its handle.
func HTTPRequest(method, url string) int32 { return host.HTTPRequest(method, url) }

// HTTPHeader adds a header to a request.
func HTTPHeader(handle int32, name, value string) int32 {
	return host.HTTPHeader(handle, name, value)
}

// HTTPOption sets OptRedirects or OptMaxBody of a request.
func HTTPOption(handle, what, value int32) int32 { return host.HTTPOption(handle, what, value) }

// HTTPBasicAuth makes the host add basic authentication to a request.
func HTTPBasicAuth(handle int32, user, password string) int32 {
	return host.HTTPBasicAuth(handle, user, password)
}

// HTTPSend sends a request and returns the status of the response.
func HTTPSend(handle int32, body string) int32 { return host.HTTPSend(handle, body) }

// HTTPResponseHeader copies a response header into buf, as far as it fits, and returns its full length.
func HTTPResponseHeader(handle int32, name string, buf unsafe.Pointer, size uint32) int32 {
	return host.HTTPResponseHeader(handle, name, bytesAt(buf, size))
}

// JSON copies the value at a path in the response's JSON into buf, as far as it fits, and returns its full length.
func JSON(handle int32, path string, buf unsafe.Pointer, size uint32) int32 {
	return host.JSON(handle, path, bytesAt(buf, size))
}

// HTTPTiming returns the duration of a phase of the exchange in nanoseconds.
func HTTPTiming(handle, phase int32) int64 { return host.HTTPTiming(handle, phase) }

// Dial opens a connection and returns its handle.
func Dial(network int32, address string) int32 { return host.Dial(network, address) }

// Read reads into buf and returns the number of bytes read, or 0 at the end.
func Read(handle int32, buf unsafe.Pointer, size uint32) int32 {
	return host.Read(handle, bytesAt(buf, size))
}

// ReadWithin is like Read of a connection, but waits for no longer than wait, in nanoseconds.
func ReadWithin(handle int32, wait int64, buf unsafe.Pointer, size uint32) int32 {
	return host.ReadWithin(handle, wait, bytesAt(buf, size))
}

// Write writes to a connection and returns the number of bytes written.
func Write(handle int32, data unsafe.Pointer, size uint32) int32 {
	return host.Write(handle, bytesAt(data, size))
}

// Close frees a handle of any kind.
func Close(handle int32) { host.Close(handle) }

// TLSStart upgrades a TCP connection.
func TLSStart(handle int32, name string) int32 { return host.TLSStart(handle, name) }

// TLSInfo copies a fact about a TLS connection or https response into buf, as far
// as it fits, and returns its full length.
func TLSInfo(handle, what int32, buf unsafe.Pointer, size uint32) int32 {
	return host.TLSInfo(handle, what, bytesAt(buf, size))
}

// Resolve copies the newline-separated records of a DNS query into buf, as far as they fit, and returns their full length.
func Resolve(rrtype, name, server string, buf unsafe.Pointer, size uint32) int32 {
	return host.Resolve(rrtype, name, server, bytesAt(buf, size))
}

// Match returns 1 if the RE2 pattern matches anywhere in the text, else 0.
func Match(pattern, text string) int32 { return host.Match(pattern, text) }

// MatchGroup writes the part of the text that a group of the RE2 pattern matches.
func MatchGroup(pattern, text string, group int32, buf unsafe.Pointer, size uint32) int32 {
	return host.MatchGroup(pattern, text, group, bytesAt(buf, size))
}

// SQLQuery runs a query on a configured database and returns a handle.
func SQLQuery(database, query string) int32 { return host.SQLQuery(database, query) }

// SQLNext advances to the next row and returns 1, or 0 at the end.
func SQLNext(handle int32) int32 { return host.SQLNext(handle) }

// SQLColumn copies a column of the current row into buf, as far as it fits, and returns its full length.
func SQLColumn(handle, column int32, buf unsafe.Pointer, size uint32) int32 {
	return host.SQLColumn(handle, column, bytesAt(buf, size))
}

// KVGet copies a stored value into buf, as far as it fits, and returns its full length.
func KVGet(key string, buf unsafe.Pointer, size uint32) int32 {
	return host.KVGet(key, bytesAt(buf, size))
}

// KVSet stores a value across runs.
func KVSet(key, value string) int32 { return host.KVSet(key, value) }

// ICMPEcho sends echo requests, waits for the replies, and returns a handle of the results. interval and wait are nanoseconds.
func ICMPEcho(target string, family, count, size, ttl int32, interval, wait int64) int32 {
	return host.ICMPEcho(target, family, count, size, ttl, interval, wait)
}

// ICMPReply returns a fact about one echo request, counted from 0.
func ICMPReply(handle, n, what int32) int64 {
	return host.ICMPReply(handle, n, what)
}

// ICMPFrom copies the address that replied to an echo request into buf, as far as it fits, and returns its full length; n = -1 is the address that the requests went to.
func ICMPFrom(handle, n int32, buf unsafe.Pointer, size uint32) int32 {
	return host.ICMPFrom(handle, n, bytesAt(buf, size))
}

// WebSocketOpen sends a prepared request for ws:// or wss:// and returns the status; its handle is then that of the WebSocket (101) or of the response.
func WebSocketOpen(handle int32) int32 {
	return host.WebSocketOpen(handle)
}

// WebSocketSend sends one message.
func WebSocketSend(handle, kind int32, data unsafe.Pointer, size uint32) int32 {
	return host.WebSocketSend(handle, kind, bytesAt(data, size))
}

// WebSocketReceive waits for a message, copies it into buf, as far as it fits, and returns its full length.
func WebSocketReceive(handle int32, buf unsafe.Pointer, size uint32) int32 {
	return host.WebSocketReceive(handle, bytesAt(buf, size))
}

// WebSocketInfo copies a fact about a WebSocket into buf, as far as it fits, and returns its full length.
func WebSocketInfo(handle, what int32, buf unsafe.Pointer, size uint32) int32 {
	return host.WebSocketInfo(handle, what, bytesAt(buf, size))
}

// SSHConnect connects to an SSH server, logs in if the operator configured it, and returns a handle.
func SSHConnect(address string) int32 {
	return host.SSHConnect(address)
}

// SSHInfo copies a fact about an SSH server into buf, as far as it fits, and returns its full length.
func SSHInfo(handle, what int32, buf unsafe.Pointer, size uint32) int32 {
	return host.SSHInfo(handle, what, bytesAt(buf, size))
}

// SSHRun runs the command that the operator configured, and returns its exit status. Read returns what it printed.
func SSHRun(handle int32) int32 {
	return host.SSHRun(handle)
}

// HTTPUnix makes a request go to a socket in the file system.
func HTTPUnix(handle int32, path string) int32 {
	return host.HTTPUnix(handle, path)
}

// HTTPResponseTrailer copies a trailer of a response whose body was read into buf, as far as it fits, and returns its full length.
func HTTPResponseTrailer(handle int32, name string, buf unsafe.Pointer, size uint32) int32 {
	return host.HTTPResponseTrailer(handle, name, bytesAt(buf, size))
}
