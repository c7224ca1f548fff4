package parallel

import "context"

// Slots are how many things may be under way at once.
type Slots struct{ taken chan struct{} }

// NewSlots returns n slots; at least one.
func NewSlots(n int) Slots { return Slots{taken: make(chan struct{}, max(1, n))} }

// Slot is one of the slots. It belongs to one goroutine at a time, which may give it up while it waits for something.
type Slot struct {
	of   Slots
	held bool
}

// Take waits for a slot. It returns nil when ctx ends.
func (p Slots) Take(ctx context.Context) *Slot {
	slot := &Slot{of: p}
	if slot.Enter(ctx); !slot.held {
		return nil
	}
	return slot
}

// Enter takes the slot again, unless it is held. It gives up when ctx ends.
func (p *Slot) Enter(ctx context.Context) {
	if p.held || ctx.Err() != nil {
		return
	}
	select {
	case p.of.taken <- struct{}{}:
		p.held = true
	case <-ctx.Done():
	}
}

// Leave gives the slot up, if it is held.
func (p *Slot) Leave() {
	if p.held {
		<-p.of.taken
		p.held = false
	}
}
