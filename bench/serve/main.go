// Command serve is the service of the benchmark: package azdotest behind a memory. What was answered once is answered
// again from memory after the wanted latency, so that the processors of a small machine work for the clients and not for
// the stand-in. It is good for reads only. It reads one command a line on standard input and answers each with one line.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pr-evaluations/reschedule/bench/protocol"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("serve: ")
	pullRequests := flag.Int("pull-requests", 1000, "how many there are")
	evaluations := flag.Int("evaluations", 8, "how many each has")
	without := flag.Float64("without", 0.5, "the share of pull requests without a policy")
	flag.Parse()

	world := azdotest.Generate(*pullRequests, *evaluations, *without)
	standIn, err := azdotest.New(world)
	if err != nil {
		log.Fatal(err)
	}
	s := &service{standIn: standIn, seen: map[string]*answer{}}
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	base, err := url.Parse(standIn.URL())
	if err != nil {
		log.Fatal(err)
	}
	base.Host = listener.Addr().String()
	s.here, s.there = base.Host, strings.TrimPrefix(standIn.URL(), "http://")
	s.there, _, _ = strings.Cut(s.there, "/")
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() { log.Fatal(server.Serve(counting{listener, &s.bytes})) }()

	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(protocol.Hello{URL: base.String(), Project: "Bench", ProjectID: standIn.World().Projects[0].ID}); err != nil {
		log.Fatal(err)
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var command protocol.Command
		if err := json.Unmarshal(in.Bytes(), &command); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(s.tell(command)); err != nil {
			log.Fatal(err)
		}
	}
}

// service answers from memory what it was asked before.
type service struct {
	standIn                  *azdotest.Server
	here, there              string // host and port
	bytes                    atomic.Int64
	latency                  atomic.Int64
	requests, underWay, most atomic.Int64
	first                    atomic.Int64

	mu   sync.Mutex
	seen map[string]*answer
	list []protocol.Request
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// tell says what has been asked since the last command, and forgets it.
func (s *service) tell(c protocol.Command) protocol.Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := protocol.Counts{
		Requests: int(s.requests.Swap(0)), Bytes: s.bytes.Swap(0), MostUnderWay: int(s.most.Swap(0)),
		FirstRequest: time.Unix(0, s.first.Swap(0)), List: s.list,
	}
	s.list = nil
	s.latency.Store(int64(c.Latency))
	return counts
}

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	if s.requests.Add(1) == 1 {
		s.first.Store(arrived.UnixNano())
	}
	under := s.underWay.Add(1)
	defer s.underWay.Add(-1)
	for most := s.most.Load(); under > most && !s.most.CompareAndSwap(most, under); most = s.most.Load() {
	}
	request := protocol.Request{Method: r.Method, Path: r.URL.RequestURI(), Accept: r.Header.Get("Accept")}
	packed := strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
	key := fmt.Sprint(request, packed)
	s.mu.Lock()
	s.list = append(s.list, request)
	known := s.seen[key]
	s.mu.Unlock()
	if known == nil {
		known = s.ask(r, packed)
		s.mu.Lock()
		s.seen[key] = known
		s.mu.Unlock()
	}
	if left := time.Duration(s.latency.Load()) - time.Since(arrived); left > 0 {
		time.Sleep(left)
	}
	maps.Copy(w.Header(), known.header)
	w.WriteHeader(known.status)
	_, _ = w.Write(known.body) // the client may have gone
}

// ask has the stand-in answer, with this service's address in place of its own, and packs the answer as the service does.
func (s *service) ask(r *http.Request, packed bool) *answer {
	area := ""
	if at := strings.Index(r.URL.Path, "/_apis/"); at >= 0 && r.Method == http.MethodOptions {
		// The locations of one area, which the npm client asks for; the stand-in knows the whole table.
		r.URL.Path, area = r.URL.Path[:at]+"/_apis", r.URL.Path[at+len("/_apis/"):]
	}
	// The service takes an enumeration by number as well, which the npm client sends.
	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "searchCriteria.status=1&", "searchCriteria.status=active&", 1)
	r.Header.Del("Accept-Encoding")
	recorder := httptest.NewRecorder()
	s.standIn.ServeHTTP(recorder, r)
	a := &answer{status: recorder.Code, header: recorder.Header().Clone(), body: recorder.Body.Bytes()}
	if area != "" {
		a.body = ofArea(a.body, area)
	}
	a.body = bytes.ReplaceAll(a.body, []byte(s.there), []byte(s.here))
	if packed && len(a.body) > 1024 {
		var buffer bytes.Buffer
		z := gzip.NewWriter(&buffer)
		_, _ = z.Write(a.body) // a bytes.Buffer takes everything
		_ = z.Close()
		a.body = buffer.Bytes()
		a.header.Set("Content-Encoding", "gzip")
	}
	a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
	return a
}

func ofArea(body []byte, area string) []byte {
	var table struct {
		Count int              `json:"count"`
		Value []map[string]any `json:"value"`
	}
	if json.Unmarshal(body, &table) != nil {
		return body
	}
	table.Value = slices.DeleteFunc(table.Value, func(l map[string]any) bool { return !strings.EqualFold(fmt.Sprint(l["area"]), area) })
	table.Count = len(table.Value)
	if cut, err := json.Marshal(table); err == nil {
		return cut
	}
	return body
}

// counting counts what goes over its connections.
type counting struct {
	net.Listener
	bytes *atomic.Int64
}

// Accept implements net.Listener.
func (l counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{conn, l.bytes}, nil
}

type countingConn struct {
	net.Conn
	bytes *atomic.Int64
}

// Read implements net.Conn.
func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

// Write implements net.Conn.
func (c countingConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.bytes.Add(int64(n))
	return n, err
}
