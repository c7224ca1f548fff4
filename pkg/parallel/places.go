package parallel

import "context"

// Places are how many things may be under way at once.
type Places struct{ taken chan struct{} }

// NewPlaces returns n places; at least one.
func NewPlaces(n int) Places { return Places{taken: make(chan struct{}, max(1, n))} }

// Place is one of the places. It belongs to one goroutine at a time, which may give it up while it waits for something.
type Place struct {
	of   Places
	held bool
}

// Take waits for a place. It returns nil when ctx ends.
func (p Places) Take(ctx context.Context) *Place {
	place := &Place{of: p}
	if place.Enter(ctx); !place.held {
		return nil
	}
	return place
}

// Enter takes the place again, unless it is held. It gives up when ctx ends.
func (p *Place) Enter(ctx context.Context) {
	if p.held || ctx.Err() != nil {
		return
	}
	select {
	case p.of.taken <- struct{}{}:
		p.held = true
	case <-ctx.Done():
	}
}

// Leave gives the place up, if it is held.
func (p *Place) Leave() {
	if p.held {
		<-p.of.taken
		p.held = false
	}
}
