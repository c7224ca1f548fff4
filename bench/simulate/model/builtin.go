package model

// maxAutoRequeues is how many expired builds of a pull request Azure Repos re-queues by itself (release notes of sprint
// 144, "Rerun expired build for auto-complete pull requests").
const maxAutoRequeues = 5

// autoRequeue is what Azure Repos does by itself once builds have expired.
func (w *world) autoRequeue() {
	for _, p := range w.open {
		w.autoRequeueOne(p)
	}
}

// autoRequeueOne re-queues the expired builds of a pull request that is set to auto-complete and has passed all other
// policies: at most five, and each once. A build that was re-queued so is not re-queued again; one that somebody else has
// started since then is another build, unless Load.OncePerPolicy says otherwise.
func (w *world) autoRequeueOne(p *pullRequest) {
	if !p.approved || !p.autoComplete || !p.merged.IsZero() {
		return
	}
	for i := range p.checks {
		// What still runs may turn out to be the policy that was not passed.
		if c := &p.checks[i]; !c.expired && !c.green() {
			return
		}
	}
	for i := range p.checks {
		c := &p.checks[i]
		once := c.build.by == byService || w.load.OncePerPolicy && c.autoRequeued == p.source
		if !c.expired || once || p.autoRequeued >= maxAutoRequeues {
			continue
		}
		p.autoRequeued++
		c.autoRequeued = p.source
		w.start(p, i, byService)
	}
}
