package egress

import (
	"strings"

	"vega/plugins/grant"
)

// JudgeHTTP returns the error that HTTP would return before it sends anything,
// or nil.
func (s *Session) JudgeHTTP(r *Request) error {
	out, err := s.prepare(r)
	if err == nil {
		_, err = s.judge(out)
	}
	return err
}

// JudgeDial returns the error that Dial would return before it connects, or
// nil.
func (s *Session) JudgeDial(network int32, addr string) error {
	_, err := s.judgeDial(network, addr)
	return err
}

func (s *Session) judgeDial(network int32, addr string) (grant.Rule, error) {
	scheme, ok := schemes[network]
	if !ok {
		return grant.Rule{}, invalid("network %d does not exist", network)
	}
	rule, err := s.grants.AllowsNet(scheme, addr)
	if err != nil {
		return rule, s.deny(err)
	}
	return rule, nil
}

// JudgeResolve returns the error that Resolve would return before it sends a
// query, or nil.
func (s *Session) JudgeResolve(rrtype, name, server string) error {
	typ, ok := types[strings.ToUpper(rrtype)]
	if !ok {
		return errType
	}
	_, err := s.question(typ, name, server)
	return err
}
