package main

import (
	"context"
	"time"
)

// need is what a fault needs of the machine.
type need int

const (
	root    need = iota
	network      // network namespaces
	memoryGroup
	cpuGroup
	ioGroup
	firewall // nftables
	loop     // loop devices
	netem    // delayed packets
	clock    // a build with a movable clock
)

// place is where the data directory is.
type place int

const (
	ordinary place = iota
	small          // a tmpfs of smallSize
	ext4           // a file system without a journal, written at once, on a loop device whose file is on a tmpfs
)

// smallSize has room for the compiled probes and some thousand rows.
const smallSize = 48 << 20

// fault is something that happens to a running vega, and what must hold.
type fault struct {
	name  string
	what  string
	short bool // is in the short form
	needs []need
	place place
	quiet bool // nobody writes by HTTP

	named   bool // the integrations name their hosts
	routed  bool // the targets are in another network namespace
	both    bool // and have an IPv6 address
	clients time.Duration

	begin func(ctx context.Context, t *trial) error
	end   func(ctx context.Context, t *trial) error // nil: vega has to repair it by itself
	whole func(ctx context.Context, t *trial) error // instead of begin and end

	least    time.Duration // how long it lasts at least, to be noticed
	storage  bool          // nothing can be stored meanwhile: /readyz says so and an ERROR line
	brief    bool          // may pass unnoticed: nothing needs to be said
	harmless bool          // needs to be said only if rows are gone or refused
	stays    bool          // lasts until vega ends
	destroys bool          // rows acknowledged before it may be gone from the disk
	fewer    bool          // there may be fewer checks meanwhile
	mute     bool          // vega may not answer meanwhile
	timeouts bool          // targets may be blamed for not answering in time: vega can not know better
	killed   bool          // runs that waited in memory may be gone
}

// all returns every fault.
func all() []fault {
	var list []fault
	for _, part := range [][]fault{killFaults(), fullFaults(), lockFaults(), damageFaults(), nameFaults(), mountFaults(), limitFaults(), processFaults(), networkFaults(), clockFaults(), diskFaults(), halfFaults(), logFaults()} {
		list = append(list, part...)
	}
	return list
}
