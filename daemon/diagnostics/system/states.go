package system

// tcpStates lists gopsutil's names of the TCP states, indexed by their number in
// Linux.
var tcpStates = [...]string{
	"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING",
}

// In addition to the TCP states, Sockets counts sockets under these names: UDP
// sockets, and TCP sockets whose state is unknown.
const (
	StatusUDP   = "NONE"
	StatusOther = "OTHER"
)

// Statuses returns all names under which Sockets counts.
func Statuses() []string {
	return append(tcpStates[1:len(tcpStates):len(tcpStates)], StatusUDP, StatusOther)
}
