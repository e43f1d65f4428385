package guard

import (
	"bytes"
	"errors"
	"fmt"

	"vega/plugins/binary"
)

// codes compares the functions one by one.
func (v *verifier) codes() error {
	if v.table == nil && len(v.to.Codes) != len(v.from.Codes) {
		return fmt.Errorf("it has %d functions instead of %d", len(v.to.Codes), len(v.from.Codes))
	}
	l := lockstep{from: v.from, to: v.to, fuel: uint32(len(v.from.Globals)), table: v.table}
	for i := range v.from.Codes {
		if err := l.function(i); err != nil {
			return fmt.Errorf("function %d, at %#x in the original and %#x in the rewritten module: %w", len(v.from.Imports)+i, l.was.At, l.is.At, err)
		}
	}
	if v.table != nil && l.tables {
		return errors.New("its code refers to its table, but the table was removed")
	}
	if v.p.Resettable && l.sets {
		return errors.New("it writes a table or drops a segment but is marked as resettable")
	}
	return nil
}

// lockstep walks through the original and the rewritten function in parallel.
type lockstep struct {
	from, to      *binary.Module
	was, is       binary.Walker
	fuel, scratch uint32
	account       account
	paid          []payment // payments before the current rewritten instruction
	sets          bool      // some function writes a table or drops a segment
	tables        bool      // some function refers to a table other than by a call
	table         *dispatched
}

// payment is an amount taken from the fuel in one place.
type payment struct {
	cost int
	take bool // plus the operand on the stack
}

func (l *lockstep) function(i int) error {
	from, to := &l.from.Codes[i], &l.to.Codes[i]
	l.was.Reset(l.from, i)
	l.is.Reset(l.to, i)
	l.scratch = uint32(len(l.from.Types[l.from.Functions[i]].Params) + from.NumLocals)
	l.account.open(from.NumLocals)
	for l.was.Next() {
		if err := l.step(); err != nil {
			return err
		}
	}
	if l.is.Next() || l.is.Err() != nil {
		return errors.New("it has extra instructions")
	}
	locals := from.Groups()
	if l.account.bulk {
		locals = append(bytes.Clone(locals), 1, byte(binary.I32))
	}
	if !bytes.Equal(to.Groups(), locals) {
		return errors.New("its locals differ from the original in an unexpected way")
	}
	return l.account.close()
}

// step compares one instruction and the payments before it.
func (l *lockstep) step() error {
	if err := l.pass(); err != nil {
		return err
	}
	op := l.was.Op
	same := l.is.Op == op
	switch {
	case op == binary.OpCall, op == binary.OpRefFunc:
		same = same && l.is.Index == l.was.Index+1
	case op == binary.OpCallIndirect && l.table != nil:
		caller, ok := l.table.callers[l.was.Index]
		same = ok && l.is.Op == binary.OpCall && l.is.Index == caller
	default:
		same = same && bytes.Equal(l.is.Bytes(), l.was.Bytes())
	}
	l.tables = l.tables || usesTable(op)
	if !same {
		return fmt.Errorf("the instruction %x became %x", l.was.Bytes(), l.is.Bytes())
	}
	e := effectOf(op)
	l.sets = l.sets || e == sets || e == bulkSets
	return l.account.met(op, e, l.was.End()-l.was.At, l.paid)
}

// pass advances to the next instruction that is not part of a payment.
func (l *lockstep) pass() error {
	l.paid = l.paid[:0]
	for l.is.Next() {
		take := l.is.Op == binary.OpLocalTee && l.is.Index == l.scratch
		if !take && (l.is.Op != binary.OpGlobalGet || l.is.Index != l.fuel) {
			return nil
		}
		p, err := l.payment(take)
		if err != nil {
			return err
		}
		l.paid = append(l.paid, p)
	}
	return fmt.Errorf("it ends too early: %w", errors.Join(l.is.Err()))
}

// payment reads a payment, positioned at its first instruction.
func (l *lockstep) payment(take bool) (payment, error) {
	p := payment{take: take}
	ok := !take || l.follows(binary.OpGlobalGet, l.fuel) &&
		l.follows(binary.OpLocalGet, l.scratch) && l.constant(perUnit) && l.bare(binary.OpI32ShrU) && l.bare(binary.OpI32Sub)
	ok = ok && l.is.Next() && l.is.Op == binary.OpI32Const
	cost, _ := binary.Constant(l.is.Bytes()).I32()
	p.cost = int(int32(cost))
	ok = ok && l.bare(binary.OpI32Sub) && l.follows(binary.OpGlobalSet, l.fuel) &&
		l.follows(binary.OpGlobalGet, l.fuel) && l.constant(0) && l.bare(binary.OpI32LtS) && l.bare(binary.OpIf) && l.is.Bytes()[1] == binary.Void &&
		l.follows(binary.OpCall, 0) && l.constant(tank) && l.follows(binary.OpGlobalSet, l.fuel) && l.bare(binary.OpEnd)
	if !ok || p.cost <= 0 {
		return p, fmt.Errorf("it accesses the fuel for something other than a payment")
	}
	return p, nil
}

// follows, constant and bare advance to the next instruction and report whether
// it is the given one.
func (l *lockstep) follows(op binary.Op, index uint32) bool { return l.bare(op) && l.is.Index == index }

func (l *lockstep) constant(n uint32) bool {
	if !l.bare(binary.OpI32Const) {
		return false
	}
	v, ok := binary.Constant(l.is.Bytes()).I32()
	return ok && v == n
}

func (l *lockstep) bare(op binary.Op) bool { return l.is.Next() && l.is.Op == op }
