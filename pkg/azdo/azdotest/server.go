package azdotest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
)

// Server is a stand-in for Azure DevOps over a World. Its methods may be called at any time from any goroutine.
type Server struct {
	base    string // the collection URL
	root    []string
	http    *http.Server
	closing chan struct{} // closed to end what waits
	served  chan struct{} // closed when the listener has ended
	once    sync.Once
	routes  []resource
	table   map[string]location
	checker *checker // nil without a description

	underWay, mostUnderWay atomic.Int64

	mu       sync.Mutex // guards all below
	world    *World
	index    index
	pending  []transition
	hooks    []*hook
	random   uint64
	options  []byte // the answer to OPTIONS, once asked
	requests []*Request
	writes   []string
	starts   map[string]int
	origins  map[string]string // the first ID of evaluations that have another now
	started  []startedBuild
	problems []string
}

// Request is a request that the stand-in saw.
type Request struct {
	Time        time.Time
	Method      string
	Path        string // decoded, with the collection's path
	Query       url.Values
	Status      int    // of the answer; 0 when there was none
	Route       string // one of Routes; "" if unknown
	Fault       string // the fault that hit it
	Accept      string
	Authorized  bool // its token is let in
	PullRequest int  // that the request is about; 0 if none
}

type hook struct {
	match      Match
	do         func(Request, *World)
	seen, done int
}

// New starts a stand-in on a free port of 127.0.0.1. The world is copied; Close ends the stand-in.
func New(w World) (*Server, error) {
	world, err := resolve(w)
	if err != nil {
		return nil, fmt.Errorf("set up world: %w", err)
	}
	check, err := newChecker()
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	s := &Server{
		base:    "http://" + listener.Addr().String() + escapePath(world.CollectionPath),
		root:    strings.Split(strings.Trim(world.CollectionPath, "/"), "/"),
		closing: make(chan struct{}),
		served:  make(chan struct{}),
		world:   world,
		random:  world.Seed,
		checker: check,
		starts:  map[string]int{},
		origins: map[string]string{},
	}
	s.routes = routes()
	s.table = locations(world)
	s.index = newIndex(world)
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	go func() {
		defer close(s.served)
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.problems = append(s.problems, "serve: "+err.Error())
		}
	}()
	return s, nil
}

// Start is New for a test: it closes the stand-in when the test ends, and fails the test on every problem (see Problems).
func Start(t testing.TB, w World) *Server {
	t.Helper()
	s, err := New(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		problems := s.Problems()
		if s.checker != nil {
			problems = append(problems, s.checker.unneeded()...)
		}
		for _, p := range problems {
			t.Error("azdotest: " + p)
		}
	})
	return s
}

func escapePath(path string) string { return (&url.URL{Path: path}).EscapedPath() }

// URL is the collection URL, such as http://127.0.0.1:4711/tfs/DefaultCollection.
func (s *Server) URL() string { return s.base }

// Close ends the stand-in and every connection, and returns when nothing of it runs any more.
func (s *Server) Close() {
	s.once.Do(func() {
		close(s.closing)
		_ = s.http.Close() // it only repeats what closing the listener says
		<-s.served
		for end := time.Now().Add(2 * time.Second); s.underWay.Load() > 0 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	})
}

// Requests returns every request so far, in the order in which they came.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Request, 0, len(s.requests))
	for _, r := range s.requests {
		list = append(list, *r)
	}
	return list
}

// Writes returns every request that was meant to change something, such as "PATCH evaluation pr=7 policy=12 (CI)", in the
// order in which they came, whatever came of them.
func (s *Server) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.writes)
}

// Forget empties Requests and Writes, for runs that are long.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.writes = nil, nil
	s.mostUnderWay.Store(s.underWay.Load())
}

// MaxUnderWay is the largest number of requests that were under way at once.
func (s *Server) MaxUnderWay() int { return int(s.mostUnderWay.Load()) }

// Starts is the number of builds that re-queues of an evaluation have started.
func (s *Server) Starts(evaluation uuid.UUID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.starts[s.origin(evaluation.String())]
}

// StartedBuilds are the builds that re-queues have started, in that order.
func (s *Server) StartedBuilds() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]int, 0, len(s.started))
	for _, b := range s.started {
		ids = append(ids, b.id)
	}
	return ids
}

// BuildsOf are the builds that re-queues of one evaluation have started.
func (s *Server) BuildsOf(evaluation uuid.UUID) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []int
	for _, b := range s.started {
		if b.evaluation == s.origin(evaluation.String()) {
			ids = append(ids, b.id)
		}
	}
	return ids
}

type startedBuild struct {
	evaluation string
	id         int
}

// Problems are unknown routes, unknown query parameters and faults of a world after Update: what no client should cause.
// Where DescriptionVariable is set, they are also what does not fit the official description.
func (s *Server) Problems() []string {
	s.mu.Lock()
	problems := slices.Clone(s.problems)
	s.mu.Unlock()
	if s.checker != nil {
		problems = append(problems, s.checker.problems()...)
	}
	return problems
}

func (s *Server) problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(s.problems, text) {
		s.problems = append(s.problems, text)
	}
}

// World is a copy of the world as it is now.
func (s *Server) World() World {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(time.Now())
	return s.world.clone()
}

// EvaluationID is the ID of the evaluation of a policy (by ID, name, pipeline) on a pull request, or the zero value.
func (s *Server) EvaluationID(pullRequest int, policy Ref) uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	ev := s.world.Evaluation(pullRequest, policy)
	if ev == nil {
		return uuid.UUID{}
	}
	return uuid.MustParse(ev.ID)
}

// Update changes the world between two requests. A world that is wrong afterwards is one of Problems.
func (s *Server) Update(change func(w *World)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.advance(now)
	change(s.world)
	s.refresh(now)
}

func (s *Server) refresh(now time.Time) {
	if err := complete(s.world, now); err != nil {
		s.problem("the changed world is wrong: %v", err)
	}
	s.index = newIndex(s.world)
}

// Before calls do just before a request that matches is handled, with the world to read and to change. It must not call
// the Server's methods.
func (s *Server) Before(m Match, do func(r Request, w *World)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, &hook{match: m, do: do})
}

// AddFault adds a fault to those of the world.
func (s *Server) AddFault(f Fault) {
	s.Update(func(w *World) { w.Faults = append(w.Faults, &f) })
}

// ClearFaults takes all faults away.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.Faults = nil
}

// chance is a number in [0, 1) from the world's seed (splitmix64).
func (s *Server) chance() float64 {
	s.random += 0x9e3779b97f4a7c15
	z := s.random
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return float64((z^(z>>31))>>11) / (1 << 53)
}

// transition is something that happens by itself at a time.
type transition struct {
	at time.Time
	do func(at time.Time)
}

func (s *Server) later(at time.Time, do func(at time.Time)) {
	i, _ := slices.BinarySearchFunc(s.pending, at, func(t transition, at time.Time) int {
		if t.at.After(at) {
			return 1
		}
		return -1 // equal times in the order in which they were planned
	})
	s.pending = slices.Insert(s.pending, i, transition{at: at, do: do})
}

// advance lets happen what is due.
func (s *Server) advance(now time.Time) {
	for len(s.pending) > 0 && !s.pending[0].at.After(now) {
		t := s.pending[0]
		s.pending = s.pending[1:]
		t.do(t.at)
	}
}
