package parallel

import "sync"

// Pool runs functions that are added while others run, within a limit. Adding never blocks. The zero value cannot be
// used.
type Pool struct {
	limit   int
	pending sync.WaitGroup

	mu      sync.Mutex
	waiting []func()
	workers int
}

// NewPool returns a pool for at most limit functions at once; at least one.
func NewPool(limit int) *Pool { return &Pool{limit: max(1, limit)} }

// Add runs do as soon as there is a slot for it.
func (p *Pool) Add(do func()) {
	p.pending.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, do)
	if p.workers < p.limit { // the others are all busy
		p.workers++
		go p.work()
	}
}

// Wait returns when all that was added has run.
func (p *Pool) Wait() { p.pending.Wait() }

// work runs what waits until there is nothing left.
func (p *Pool) work() {
	for do := p.next(); do != nil; do = p.next() {
		func() {
			defer p.pending.Done()
			do()
		}()
	}
}

// next is the next function to run; nil ends the worker that asked.
func (p *Pool) next() func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		p.workers--
		return nil
	}
	do := p.waiting[0]
	p.waiting[0] = nil
	p.waiting = p.waiting[1:]
	return do
}
