package guard

import (
	"errors"
	"fmt"

	"vega/plugins/binary"
)

// account adds up the cost of a function's code and compares it with the
// payments. A block's code belongs to the surrounding block, unless it is a
// loop, which pays for itself at its head.
type account struct {
	blocks []owed
	at     place
	entry  int // paid at the function's entry
	excess int // amount by which the payment of the first loop exceeds its own cost
	loops  int
	// ahead reports that only code before the first loop has been seen;
	// entered, that a loop was reached that way.
	ahead, entered bool
	calls, bulk    bool // were seen
}

// owed is the cost so far of an open block.
type owed struct {
	loop      bool
	cost      int
	paid      int
	firstLoop bool
}

// place is the position of the next instruction.
type place byte

const (
	atEntry place = iota
	atLoop
	within
)

// open starts a function with the given number of locals.
func (a *account) open(locals int) {
	*a = account{blocks: append(a.blocks[:0], owed{cost: locals}), ahead: true}
}

// met counts an instruction of the given size, preceded by the given payments.
func (a *account) met(op binary.Op, e effect, size int, paid []payment) error {
	if err := a.pay(e == bulk || e == bulkSets, paid); err != nil {
		return err
	}
	a.at = within
	last := &a.blocks[len(a.blocks)-1]
	last.cost += size
	switch {
	case op == binary.OpLoop:
		a.entered = a.entered || a.ahead
		a.blocks = append(a.blocks, owed{loop: true, firstLoop: a.loops == 0})
		a.loops++
		a.at = atLoop
	case op == binary.OpBlock, op == binary.OpIf:
		a.blocks = append(a.blocks, owed{})
	case op == binary.OpEnd:
		return a.end()
	case op == binary.OpMemoryGrow:
		last.cost += growing
	case e == calls:
		a.calls = true
		last.cost += free
	}
	a.ahead = a.ahead && goesOn(op, e)
	a.bulk = a.bulk || e == bulk || e == bulkSets
	return nil
}

// pay checks the payments before an instruction. Only three are allowed: on
// entry to the function, at the head of a loop, and before a bulk operation.
func (a *account) pay(isBulk bool, paid []payment) error {
	if n := len(paid); isBulk {
		if n == 0 || !paid[n-1].take || paid[n-1].cost != free {
			return errors.New("a bulk operation is not paid for")
		}
		paid = paid[:n-1]
	}
	flat := len(paid) == 1 && !paid[0].take
	switch {
	case a.at == atLoop && flat:
		a.blocks[len(a.blocks)-1].paid = paid[0].cost
	case a.at == atEntry && flat:
		a.entry = paid[0].cost
	case a.at == atLoop || len(paid) > 0:
		return fmt.Errorf("it has %d payments in the wrong place", len(paid))
	}
	return nil
}

// end closes a block. If it is a loop, its payment must match its cost.
func (a *account) end() error {
	last := a.blocks[len(a.blocks)-1]
	if len(a.blocks) == 1 {
		return nil // the function itself, which close checks
	}
	a.blocks = a.blocks[:len(a.blocks)-1]
	switch {
	case !last.loop:
		a.blocks[len(a.blocks)-1].cost += last.cost
	case last.firstLoop && last.paid >= last.cost:
		a.excess = last.paid - last.cost
	case last.paid != last.cost:
		return fmt.Errorf("a loop costs %d, but %d is charged at its head", last.cost, last.paid)
	}
	return nil
}

// close checks the payments for the function outside its loops. A small amount
// may be paid by the function's first loop or, if it makes no calls, by its
// callers.
func (a *account) close() error {
	cost, excess := a.blocks[0].cost, 0
	free := cost <= free && a.entry == 0
	switch {
	case free && a.entered:
		excess = cost
	case free && !a.calls:
	case a.entry != cost:
		return fmt.Errorf("it costs %d, but %d is charged on entry", cost, a.entry)
	}
	if a.excess != excess {
		return fmt.Errorf("its first loop is charged %d too much", a.excess-excess)
	}
	return nil
}
