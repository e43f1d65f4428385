//go:build !wasip1

package abi

// Host implements the raw calls for a probe that runs natively, as the sandbox
// does for a guest. Calls that fill a buffer copy as much as fits and return
// the full length; all others return what the specification says.
type Host interface {
	Config(key string, buf []byte) int32
	Message(text string)
	Detail(name, value string)
	Metric(name string, value float64, unit string)
	Log(level Level, text string)
	Deadline() int64
	Now() int64
	Error(buf []byte) int32

	HTTPRequest(method, url string) int32
	HTTPHeader(handle int32, name, value string) int32
	HTTPOption(handle, what, value int32) int32
	HTTPBasicAuth(handle int32, user, password string) int32
	HTTPSend(handle int32, body string) int32
	HTTPResponseHeader(handle int32, name string, buf []byte) int32
	JSON(handle int32, path string, buf []byte) int32
	HTTPTiming(handle, phase int32) int64

	Dial(network int32, address string) int32
	Read(handle int32, buf []byte) int32
	ReadWithin(handle int32, wait int64, buf []byte) int32
	Write(handle int32, data []byte) int32
	Close(handle int32)
	TLSStart(handle int32, name string) int32
	TLSInfo(handle, what int32, buf []byte) int32

	Resolve(rrtype, name, server string, buf []byte) int32
	Match(pattern, text string) int32
	MatchGroup(pattern, text string, group int32, buf []byte) int32
	SQLQuery(database, query string) int32
	SQLNext(handle int32) int32
	SQLColumn(handle, column int32, buf []byte) int32
	KVGet(key string, buf []byte) int32
	KVSet(key, value string) int32

	ICMPEcho(target string, family, count, size, ttl int32, interval, wait int64) int32
	ICMPReply(handle, n, what int32) int64
	ICMPFrom(handle, n int32, buf []byte) int32

	WebSocketOpen(handle int32) int32
	WebSocketSend(handle, kind int32, data []byte) int32
	WebSocketReceive(handle int32, buf []byte) int32
	WebSocketInfo(handle, what int32, buf []byte) int32

	SSHConnect(address string) int32
	SSHInfo(handle, what int32, buf []byte) int32
	SSHRun(handle int32) int32

	HTTPUnix(handle int32, path string) int32
	HTTPResponseTrailer(handle int32, name string, buf []byte) int32
}

var host Host

// Install makes h the host of all raw calls and returns a function that
// restores the previous one. Only one probe runs natively at a time; package
// sdktest, the only caller, ensures that.
func Install(h Host) (restore func()) {
	former := host
	host = h
	return func() { host = former }
}
