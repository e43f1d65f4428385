package egress

import (
	"strings"

	"vega/plugins/grant"
)

// JudgeHTTP is what HTTP says of a request before it sends anything: nil, or
// the same error.
func (s *Session) JudgeHTTP(r *Request) error {
	out, err := s.prepare(r)
	if err == nil {
		_, err = s.judge(out)
	}
	return err
}

// JudgeDial is what Dial says before it connects.
func (s *Session) JudgeDial(network int32, addr string) error {
	_, err := s.judgeDial(network, addr)
	return err
}

func (s *Session) judgeDial(network int32, addr string) (grant.Rule, error) {
	scheme, ok := schemes[network]
	if !ok {
		return grant.Rule{}, invalid("there is no network %d", network)
	}
	rule, err := s.grants.AllowsNet(scheme, addr)
	if err != nil {
		return rule, s.deny(err)
	}
	return rule, nil
}

// JudgeResolve is what Resolve says before it asks anybody.
func (s *Session) JudgeResolve(rrtype, name, server string) error {
	typ, ok := types[strings.ToUpper(rrtype)]
	if !ok {
		return errType
	}
	_, err := s.question(typ, name, server)
	return err
}
