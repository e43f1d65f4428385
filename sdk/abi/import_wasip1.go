package abi

import "unsafe"

// The raw calls. A string is passed as pointer and length, a buffer as pointer
// and capacity. A module imports only the calls that it uses, so its import
// section is an upper bound of what it can ask for.

// Config copies the value at a dotted path into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 config
//go:noescape
func Config(key string, buf unsafe.Pointer, size uint32) int32

// Message sets the one-line result.
//
//go:wasmimport vega_v1 message
//go:noescape
func Message(text string)

// Detail adds a piece of evidence.
//
//go:wasmimport vega_v1 detail
//go:noescape
func Detail(name, value string)

// Metric adds a measured value.
//
//go:wasmimport vega_v1 metric
//go:noescape
func Metric(name string, value float64, unit string)

// Log writes a line to vega's log.
//
//go:wasmimport vega_v1 log
//go:noescape
func Log(level int32, text string)

// Deadline returns the nanoseconds left.
//
//go:wasmimport vega_v1 deadline
func Deadline() int64

// Now returns Unix nanoseconds.
//
//go:wasmimport vega_v1 now
func Now() int64

// Error copies the text of the last error into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 error
//go:noescape
func Error(buf unsafe.Pointer, size uint32) int32

// HTTPRequest begins a request and returns its handle.
//
//go:wasmimport vega_v1 http_request
//go:noescape
func HTTPRequest(method, url string) int32

// HTTPHeader adds a header to a request.
//
//go:wasmimport vega_v1 http_header
//go:noescape
func HTTPHeader(handle int32, name, value string) int32

// HTTPOption sets OptRedirects or OptMaxBody of a request.
//
//go:wasmimport vega_v1 http_option
func HTTPOption(handle, what, value int32) int32

// HTTPBasicAuth makes the host add basic authentication to a request.
//
//go:wasmimport vega_v1 http_basic_auth
//go:noescape
func HTTPBasicAuth(handle int32, user, password string) int32

// HTTPSend sends a request and returns the status of the response, whose
// handle is that of the request.
//
//go:wasmimport vega_v1 http_send
//go:noescape
func HTTPSend(handle int32, body string) int32

// HTTPResponseHeader copies a response header into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 http_response_header
//go:noescape
func HTTPResponseHeader(handle int32, name string, buf unsafe.Pointer, size uint32) int32

// JSON copies the value at a path in the response's JSON into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 json
//go:noescape
func JSON(handle int32, path string, buf unsafe.Pointer, size uint32) int32

// HTTPTiming returns the duration of a phase of the exchange in nanoseconds.
//
//go:wasmimport vega_v1 http_timing
func HTTPTiming(handle, phase int32) int64

// Dial opens a connection and returns its handle.
//
//go:wasmimport vega_v1 dial
//go:noescape
func Dial(network int32, address string) int32

// Read reads from a connection or response body into buf and returns the number of
// bytes read, or 0 at the end.
//
//go:wasmimport vega_v1 read
//go:noescape
func Read(handle int32, buf unsafe.Pointer, size uint32) int32

// ReadWithin is like Read of a connection, but waits for no longer than wait, in nanoseconds.
//
//go:wasmimport vega_v1 read_within
func ReadWithin(handle int32, wait int64, buf unsafe.Pointer, size uint32) int32

// Write writes to a connection and returns the number of bytes written.
//
//go:wasmimport vega_v1 write
//go:noescape
func Write(handle int32, data unsafe.Pointer, size uint32) int32

// Close frees a handle of any kind.
//
//go:wasmimport vega_v1 close
func Close(handle int32)

// TLSStart upgrades a TCP connection.
//
//go:wasmimport vega_v1 tls_start
//go:noescape
func TLSStart(handle int32, name string) int32

// TLSInfo copies a fact about a TLS connection or https response into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 tls_info
//go:noescape
func TLSInfo(handle, what int32, buf unsafe.Pointer, size uint32) int32

// Resolve copies the newline-separated records of a DNS query into buf, as far as they fit, and returns their full length.
//
//go:wasmimport vega_v1 resolve
//go:noescape
func Resolve(rrtype, name, server string, buf unsafe.Pointer, size uint32) int32

// Match returns 1 if the RE2 pattern matches anywhere in the text, else 0.
//
//go:wasmimport vega_v1 match
//go:noescape
func Match(pattern, text string) int32

// MatchGroup writes the part of the text that a group of the RE2 pattern matches.
//
//go:wasmimport vega_v1 match_group
//go:noescape
func MatchGroup(pattern, text string, group int32, buf unsafe.Pointer, size uint32) int32

// SQLQuery runs a query on a configured database and returns a handle.
//
//go:wasmimport vega_v1 sql_query
//go:noescape
func SQLQuery(database, query string) int32

// SQLNext advances to the next row and returns 1, or 0 at the end.
//
//go:wasmimport vega_v1 sql_next
func SQLNext(handle int32) int32

// SQLColumn copies a column of the current row into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 sql_column
//go:noescape
func SQLColumn(handle, column int32, buf unsafe.Pointer, size uint32) int32

// KVGet copies a stored value into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 kv_get
//go:noescape
func KVGet(key string, buf unsafe.Pointer, size uint32) int32

// KVSet stores a value across runs.
//
//go:wasmimport vega_v1 kv_set
//go:noescape
func KVSet(key, value string) int32

// ICMPEcho sends echo requests, waits for the replies, and returns a handle of the results. interval and wait are nanoseconds.
//
//go:wasmimport vega_v1 icmp_echo
//go:noescape
func ICMPEcho(target string, family, count, size, ttl int32, interval, wait int64) int32

// ICMPReply returns a fact about one echo request, counted from 0.
//
//go:wasmimport vega_v1 icmp_reply
func ICMPReply(handle, n, what int32) int64

// ICMPFrom copies the address that replied to an echo request into buf, as far as it fits, and returns its full length; n = -1 is the address that the requests went to.
//
//go:wasmimport vega_v1 icmp_from
//go:noescape
func ICMPFrom(handle, n int32, buf unsafe.Pointer, size uint32) int32

// WebSocketOpen sends a prepared request for ws:// or wss:// and returns the status; its handle is then that of the WebSocket (101) or of the response.
//
//go:wasmimport vega_v1 websocket_open
func WebSocketOpen(handle int32) int32

// WebSocketSend sends one message.
//
//go:wasmimport vega_v1 websocket_send
//go:noescape
func WebSocketSend(handle, kind int32, data unsafe.Pointer, size uint32) int32

// WebSocketReceive waits for a message, copies it into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 websocket_receive
//go:noescape
func WebSocketReceive(handle int32, buf unsafe.Pointer, size uint32) int32

// WebSocketInfo copies a fact about a WebSocket into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 websocket_info
//go:noescape
func WebSocketInfo(handle, what int32, buf unsafe.Pointer, size uint32) int32

// SSHConnect connects to an SSH server, logs in if the operator configured it, and returns a handle.
//
//go:wasmimport vega_v1 ssh_connect
//go:noescape
func SSHConnect(address string) int32

// SSHInfo copies a fact about an SSH server into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 ssh_info
//go:noescape
func SSHInfo(handle, what int32, buf unsafe.Pointer, size uint32) int32

// SSHRun runs the command that the operator configured, and returns its exit status. Read returns what it printed.
//
//go:wasmimport vega_v1 ssh_run
func SSHRun(handle int32) int32

// HTTPUnix makes a request go to a socket in the file system.
//
//go:wasmimport vega_v1 http_unix
//go:noescape
func HTTPUnix(handle int32, path string) int32

// HTTPResponseTrailer copies a trailer of a response whose body was read into buf, as far as it fits, and returns its full length.
//
//go:wasmimport vega_v1 http_response_trailer
//go:noescape
func HTTPResponseTrailer(handle int32, name string, buf unsafe.Pointer, size uint32) int32
