package azdotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Parse reads a world file. Members that it does not know are errors, and so is anything that New would refuse.
func Parse(data []byte) (World, error) {
	var w World
	if err := decodeStrictly(data, &w); err != nil {
		return World{}, fmt.Errorf("read world: %w", err)
	}
	if _, err := resolve(w); err != nil {
		return World{}, err
	}
	return w, nil
}

func decodeStrictly(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		line := 1 + bytes.Count(data[:min(int(d.InputOffset()), len(data))], []byte("\n"))
		return fmt.Errorf("near line %d: %w", line, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the closing brace")
	}
	return nil
}

// clone copies everything that can change. Raw JSON is shared, since it is never written.
func (w World) clone() World {
	w.Projects = each(w.Projects, func(p *Project) {
		p.Repositories = each(p.Repositories, func(r *Repository) {
			r.PullRequests = each(r.PullRequests, func(pr *PullRequest) {
				pr.Labels = slices.Clone(pr.Labels)
				pr.Votes = slices.Clone(pr.Votes)
				pr.Evaluations = each(pr.Evaluations, func(ev *Evaluation) {
					ev.IsExpired = clonePointer(ev.IsExpired)
					ev.BuildIsNotCurrent = clonePointer(ev.BuildIsNotCurrent)
					ev.Requeue = clonePointer(ev.Requeue)
				})
				pr.Threads = each(pr.Threads, func(t *Thread) { t.Comments = each(t.Comments, func(*Comment) {}) })
			})
		})
		p.Policies = each(p.Policies, func(c *Policy) { c.Scopes = each(c.Scopes, func(*Scope) {}) })
		p.Pipelines = each(p.Pipelines, func(*Pipeline) {})
		p.Builds = each(p.Builds, func(*Build) {})
	})
	w.Faults = each(w.Faults, func(*Fault) {})
	w.Changes = each(w.Changes, func(c *Change) { c.Build = clonePointer(c.Build) })
	w.Tokens = slices.Clone(w.Tokens)
	return w
}

// each copies a list and what it points to, and lets deepen do the rest for every copy. A nil item stays nil, for
// resolve to complain about.
func each[T any](list []*T, deepen func(*T)) []*T {
	if list == nil {
		return nil
	}
	copies := make([]*T, len(list))
	values := make([]T, len(list))
	for i, item := range list {
		if item == nil {
			continue
		}
		values[i] = *item
		deepen(&values[i])
		copies[i] = &values[i]
	}
	return copies
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// members are those of an object, nil if it is none.
func members(doc []byte) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(doc, &m); err != nil {
		return nil
	}
	return m
}

// absent is the value that takes a member out when JSON is merged.
const absent = `"<absent>"`

// merge lays patch over doc, member by member. A patch that is no object replaces the document.
func merge(doc, patch []byte) ([]byte, error) {
	over := members(patch)
	if over == nil {
		return patch, nil
	}
	base := members(doc)
	if base == nil {
		base = map[string]json.RawMessage{}
	}
	for name, value := range over {
		if string(value) == absent {
			delete(base, name)
			continue
		}
		merged, err := merge(base[name], value)
		if err != nil {
			return nil, err
		}
		base[name] = merged
	}
	return json.Marshal(base)
}
