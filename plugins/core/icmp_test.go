//go:build !wasip1

package main

import (
	"testing"
	"time"

	"vega/sdk"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

func TestICMP(t *testing.T) {
	answer := func(ms float64) sdk.EchoReply {
		return sdk.EchoReply{Arrived: true, RTT: sdk.Duration(ms * float64(sdk.Millisecond)), TTL: 63, From: "10.0.0.5"}
	}
	lost := sdk.EchoReply{}
	from := func(address string, replies ...sdk.EchoReply) sdktest.Config {
		return sdktest.Config{Timeout: 10 * time.Second, Ping: func(_ string, count int) (*sdk.Echoes, error) {
			return &sdk.Echoes{Address: address, Replies: append(replies, make([]sdk.EchoReply, max(0, count-len(replies)))...)}, nil
		}}
	}
	failed := func(kind, code int) sdk.EchoReply {
		return sdk.EchoReply{Failed: true, Type: kind, Code: code, From: "10.0.0.1"}
	}
	host := func(more options) options {
		all := options{"host": "10.0.0.5"}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	all := []string{"loss", "duplicates", "rtt_min", "rtt_avg", "rtt_max", "jitter", "ttl"}
	runRows(t, "icmp", []row{
		{name: "answers", options: host(nil), config: from("10.0.0.5", answer(0.3), answer(0.4), answer(0.5)), says: "10.0.0.5 answered 3 of 3 in 0.400 ms (min 0.300 ms, max 0.500 ms)", metrics: all},
		{name: "name", options: options{"host": "router.example.com", "count": 1}, config: from("10.0.0.5", answer(12.3)), says: "router.example.com (10.0.0.5) answered 1 of 1 in 12.3 ms", details: []string{"address"}},
		{name: "silent", options: host(nil), config: from("10.0.0.5", lost, lost, lost), status: abi.Unhealthy, says: "answered none of 3 echo requests within 1s; it is down, or a firewall drops echo requests", metrics: []string{"loss"}},
		{name: "one lost", options: host(nil), config: from("10.0.0.5", answer(1), lost, answer(1)), status: abi.Degraded, says: "answered 2 of 3 in 1.00 ms (min 1.00 ms, max 1.00 ms); 33 % are lost, more than degraded_loss allows"},
		{name: "one lost is fine", options: host(options{"degraded_loss": 40}), config: from("10.0.0.5", answer(1), lost, answer(1)), says: "answered 2 of 3"},
		{name: "too many lost", options: host(options{"max_loss": 50}), config: from("10.0.0.5", answer(1), lost, lost), status: abi.Unhealthy, says: "67 % are lost, more than max_loss allows"},
		{name: "slow", options: host(options{"max_rtt": 100 * time.Millisecond, "count": 2}), config: from("10.0.0.5", answer(150), answer(80)), status: abi.Degraded, says: "in 115 ms (min 80.0 ms, max 150 ms), more than max_rtt allows"},
		{name: "unsteady", options: host(options{"max_jitter": 10 * time.Millisecond, "degraded_loss": 99, "count": 4}), config: from("10.0.0.5", answer(10), lost, answer(30), answer(20)), status: abi.Degraded, says: "the jitter is 15.0 ms, more than max_jitter allows"},
		{name: "host unreachable", options: host(nil), config: from("10.0.0.5", failed(3, 1), lost), status: abi.Unhealthy, says: "10.0.0.1 reports: host unreachable", details: []string{"icmp_error"}},
		{name: "time exceeded", options: host(options{"ttl": 2}), config: from("10.0.0.5", failed(11, 0)), status: abi.Unhealthy, says: "10.0.0.1 reports: time to live exceeded; raise ttl"},
		{name: "prohibited", options: host(nil), config: from("10.0.0.5", failed(3, 13)), status: abi.Unhealthy, says: "prohibited by a firewall"},
		{name: "IPv6 unreachable", options: options{"host": "fd00::5", "family": "6"}, config: from("fd00::5", failed(1, 3)), status: abi.Unhealthy, says: "host unreachable"},
		{name: "another error", options: host(nil), config: from("10.0.0.5", failed(12, 0)), status: abi.Unhealthy, says: "ICMP error 12/0"},
		{name: "too little time", options: host(options{"count": 100, "interval": time.Second}), config: from("10.0.0.5"), status: abi.Unknown, says: "too little time left"},
		{name: "denied", options: host(nil), config: deny(), status: abi.Unknown, says: "grant {"},
	})
}
