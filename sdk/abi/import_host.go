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
