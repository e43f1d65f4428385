package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/miekg/dns"
)

// answers is the name of the program that serves the targets of
// TestTakenAway, and their resolver.
const answers = "vega-test-answers"

// answer is that program: answers targets CERT KEY, or answers resolver RULE.
func answer() {
	var err error
	switch os.Args[1] {
	case "targets":
		err = answerAsTargets(os.Args[2], os.Args[3])
	case "resolver":
		err = answerAsResolver(os.Args[2])
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func answerAsTargets(cert, key string) error {
	ended := make(chan error)
	web := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	go func() { ended <- http.ListenAndServe(targetAddress+":80", web) }()
	go func() { ended <- http.ListenAndServeTLS(targetAddress+":443", cert, key, web) }()
	l, err := net.Listen("tcp", targetAddress+":7")
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			_, _ = io.WriteString(c, "hello\n")
			_ = c.Close()
		}
	}()
	fmt.Println("ready")
	return <-ended
}

func answerAsResolver(rule string) error {
	rcode := map[string]int{"servfail": dns.RcodeServerFailure, "refused": dns.RcodeRefused, "nxdomain": dns.RcodeNameError}[rule]
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		asked := q.Question[0]
		switch {
		case rule == "silent":
			return
		case rule == "garbage":
			_, _ = w.Write([]byte("220 mail.example.com ESMTP\r\n"))
			return
		case rcode != 0:
			m.Rcode = rcode
		case asked.Name != targetName+".":
			m.Rcode = dns.RcodeNameError
		case asked.Qtype == dns.TypeA:
			m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: asked.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.ParseIP(targetAddress)})
		}
		_ = w.WriteMsg(m)
	})
	server := &dns.Server{Addr: resolverAddress + ":53", Net: "udp", Handler: handler, NotifyStartedFunc: func() { fmt.Println("ready") }}
	return server.ListenAndServe()
}

// The addresses that it answers on.
const (
	targetName      = "target.test"
	targetAddress   = "10.98.0.2"
	resolverAddress = "10.98.0.3"
)
