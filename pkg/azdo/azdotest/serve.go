package azdotest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ServeHTTP answers one request: note it, spoil it if a fault says so, do it, answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.enter()
	defer s.underWay.Add(-1)
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return // the client has gone
	}
	c, seen, latency := s.note(r, body)
	if !s.wait(latency) {
		cut(w)
		return
	}
	m := s.prepare(c, seen)
	switch {
	case !s.wait(m.delay), m.word == faultCloseBefore:
		cut(w)
		return
	case m.word == faultHang:
		s.hang(r)
		cut(w)
		return
	}
	a := s.perform(c, m.word)
	switch {
	case !s.wait(m.delayAfter), m.word == faultCloseAfter:
		cut(w)
		return
	case m.word == faultHangAfter:
		s.hang(r)
		cut(w)
		return
	}
	a = m.apply(a)
	s.noteStatus(seen, a.status)
	if s.checker != nil {
		s.checker.answer(c, m, a)
	}
	if m.word == faultTornBody {
		tear(w, a)
		return
	}
	s.send(w, r, a)
}

func (s *Server) enter() {
	n := s.underWay.Add(1)
	for {
		most := s.mostUnderWay.Load()
		if n <= most || s.mostUnderWay.CompareAndSwap(most, n) {
			return
		}
	}
}

// note records a request and finds out what it is about.
func (s *Server) note(r *http.Request, body []byte) (*call, *Request, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(time.Now())
	c := s.read(r, body)
	if s.checker != nil && c.resource != nil {
		c.operation = s.checker.request(c)
	}
	seen := &Request{
		Time: time.Now(), Method: r.Method, Path: r.URL.Path, Query: c.query, Route: c.route,
		Authorized: s.letsIn(r), PullRequest: c.pullRequest,
	}
	s.requests = append(s.requests, seen)
	if r.Method != http.MethodGet && r.Method != http.MethodOptions && r.Method != http.MethodHead {
		s.writes = append(s.writes, c.describe())
	}
	return c, seen, lasting(s.world.Latency)
}

func (s *Server) noteStatus(seen *Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen.Status = status
}

// prepare runs hooks and changes, and adds up the faults.
func (s *Server) prepare(c *call, seen *Request) mischief {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.advance(now)
	changed := false
	for _, h := range s.hooks {
		if h.match.hits(c, &h.seen, &h.done, s.chance) {
			h.do(*seen, s.world)
			changed = true
		}
	}
	for _, change := range s.world.Changes {
		if change.Match.hits(c, &change.seen, &change.done, s.chance) {
			if err := s.world.apply(change); err != nil {
				s.problem("change: %v", err)
			}
			changed = true
		}
	}
	if changed {
		s.refresh(now)
	}
	m := s.mischiefFor(c)
	seen.Fault = m.word
	return m
}

// apply makes a change happen.
func (w *World) apply(c *Change) error {
	if c.Build != nil {
		for _, p := range w.Projects {
			if p.holds(c.PullRequest) {
				b := *c.Build
				if b.PullRequest == 0 && b.Branch == "" {
					b.PullRequest = c.PullRequest
				}
				p.Builds = append(p.Builds, &b)
			}
		}
	}
	if len(c.Set) == 0 {
		return nil
	}
	if c.Policy == "" {
		pr := w.PullRequest(c.PullRequest)
		if pr == nil {
			return fmt.Errorf("there is no pull request %d", c.PullRequest)
		}
		return decodeStrictly(c.Set, pr)
	}
	ev := w.Evaluation(c.PullRequest, c.Policy)
	if ev == nil {
		return fmt.Errorf("pull request %d has no evaluation of policy %q", c.PullRequest, c.Policy)
	}
	var state struct{ State string }
	if err := json.Unmarshal(c.Set, &state); err == nil && state.State != "" {
		ev.SetState("")
	}
	return decodeStrictly(c.Set, ev)
}

// perform does what the request asks for, or what stands in for it.
func (s *Server) perform(c *call, word string) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(time.Now())
	if doesNothing(word) {
		return s.preset(word, c)
	}
	s.resolveCall(c) // the world may have changed since
	return s.answer(c)
}

// answer is the straight line of the service: token, route, version, project, repository, and then the resource.
func (s *Server) answer(c *call) answer {
	if !s.letsIn(c.request) && (c.route != "options" || s.world.Style == "server") {
		return unauthorized()
	}
	if c.resource == nil {
		s.problem("no route for %s %s", c.request.Method, c.request.URL.Path)
		return noController(c.path)
	}
	for name := range c.query {
		if !c.resource.accepts(name) {
			s.problem("query parameter %q of %s %s is not known to the stand-in", name, c.request.Method, c.route)
		}
	}
	if c.resource.location != "" {
		var refusal *answer
		if c.version, refusal = s.negotiate(c); refusal != nil {
			return *refusal
		}
	}
	if c.projectSegment != "" {
		if c.project == nil || c.project.Hidden {
			return s.projectRefused(c)
		}
	}
	if c.repositorySegment != "" && (c.repository == nil || s.outOfSight(c.repository)) {
		return repositoryNotFound(c.repositorySegment)
	}
	a := c.resource.handle(s, c)
	if a.contentType == contentJSON && c.version != "" && a.status == http.StatusOK {
		a.contentType += "; api-version=" + c.version
	}
	return a
}

// outOfSight says whether pull requests of a repository cannot be addressed.
func (s *Server) outOfSight(repo *Repository) bool {
	return repo.Hidden || repo.Disabled && s.world.Behaviour.DisabledRepositories == "refused"
}

func (s *Server) letsIn(r *http.Request) bool {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found || strings.TrimSpace(token) == "" {
		return false
	}
	if len(s.world.Tokens) == 0 {
		return true
	}
	return slices.Contains(s.world.Tokens, token)
}

// wait lets time pass, whether or not the client is still there; it says false when the stand-in is closed.
func (s *Server) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.closing:
		return false
	}
}

func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.closing:
	}
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close() // there is nobody to tell
	}
}

// tear sends the header and half of the body, and ends the connection.
func tear(w http.ResponseWriter, a answer) {
	conn, buffer, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(buffer, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		a.status, http.StatusText(a.status), a.contentType, max(len(a.body), 2))
	_, _ = buffer.Write(a.body[:len(a.body)/2])
	_ = buffer.Flush()
}

// compressors is a pool, since a writer is large.
var compressors = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	if err != nil {
		return gzip.NewWriter(io.Discard)
	}
	return z
}}

func (s *Server) send(w http.ResponseWriter, r *http.Request, a answer) {
	h := w.Header()
	for _, header := range a.headers {
		h.Add(header[0], header[1])
	}
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	} else {
		h["Content-Type"] = nil // or net/http guesses one
	}
	h.Set("X-TFS-ProcessId", "5f3c1d52-3f0b-4f7e-8d52-0c4f6f0f2f11")
	h.Set("X-TFS-Session", r.Header.Get("X-TFS-Session"))
	activity := guid("activity", strconv.FormatInt(s.mostUnderWay.Load(), 10), r.URL.Path)
	h.Set("ActivityId", activity)
	h.Set("X-VSS-E2EID", activity)
	body := a.body
	if s.compresses() && len(body) > 1024 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		var packed bytes.Buffer
		z, ok := compressors.Get().(*gzip.Writer)
		if ok {
			z.Reset(&packed)
			_, _ = z.Write(body) // a bytes.Buffer takes everything
			_ = z.Close()
			compressors.Put(z)
			body = packed.Bytes()
			h.Set("Content-Encoding", "gzip")
		}
	}
	if !a.chunked {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if a.chunked {
		_ = http.NewResponseController(w).Flush()
	}
	_, _ = w.Write(body) // the client may have gone
}

func (s *Server) compresses() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.Gzip == nil || *s.world.Gzip
}
