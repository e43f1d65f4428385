package plugintest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vega/plugins/egress"
	"vega/sdk/abi"
)

var networks = map[string]int32{"tcp": abi.NetTCP, "tls": abi.NetTLS, "udp": abi.NetUDP, "unix": abi.NetUnix}

func networkName(n int32) string {
	for name, of := range networks {
		if of == n {
			return name
		}
	}
	return ""
}

// factNames maps the names of TLS facts in a case to the facts of tls_info.
var factNames = map[string]int32{
	"version": abi.TLSVersion, "cipher": abi.TLSCipher, "subject": abi.TLSSubject, "issuer": abi.TLSIssuer,
	"not_after": abi.TLSNotAfter, "names": abi.TLSDNSNames, "unverified": abi.TLSVerified,
	"chain_not_after": abi.TLSChainNotAfter, "chain_subject": abi.TLSChainSubject, "client_certificate": abi.TLSClient,
	"redirects": abi.TLSRedirects,
}

// refused precedes the reason of a peer that refuses the client.
const refused = "refused: "

func checkFacts(facts map[string]string) error {
	for name := range facts {
		if _, ok := factNames[name]; !ok {
			return fmt.Errorf("%q is not a TLS fact; use one of %s", name, strings.Join(slices.Sorted(maps.Keys(factNames)), ", "))
		}
	}
	return nil
}

// factsOf asks for all TLS facts; it returns nil if there is no TLS.
func factsOf(ask func(int32) (string, error)) map[string]string {
	facts := map[string]string{}
	for name, n := range factNames {
		text, err := ask(n)
		if n == abi.TLSClient && egress.Code(err) == abi.ErrTLS {
			text, err = refused+err.Error(), nil
		}
		if err != nil {
			return nil
		}
		if text != "" {
			facts[name] = text
		}
	}
	return facts
}

// answerFact implements tls_info from the facts of a case.
func answerFact(facts map[string]string, what int32) (string, error) {
	if facts == nil {
		return "", &egress.Error{Errno: abi.ErrInvalid, Text: "the connection does not use TLS"}
	}
	for name, n := range factNames {
		if n == what {
			if why, ok := strings.CutPrefix(facts[name], refused); ok {
				return "", &egress.Error{Errno: abi.ErrTLS, Text: why}
			}
			return facts[name], nil
		}
	}
	return "", &egress.Error{Errno: abi.ErrInvalid, Text: fmt.Sprintf("tls_info does not know fact %d", what)}
}
