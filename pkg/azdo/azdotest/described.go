package azdotest

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest/openapi"
)

// DescriptionVariable names the folder with the official description of the service. Where it is set, every stand-in
// checks what it is sent and what it answers against it, and what does not fit is one of Problems.
const DescriptionVariable = "RESCHEDULE_DESCRIPTION"

// description is read once.
var description = sync.OnceValues(func() (*openapi.Description, error) {
	folder := os.Getenv(DescriptionVariable) //nolint:forbidigo // tests are told by the environment where it is
	if folder == "" {
		return nil, nil //nolint:nilnil // there is none, which is no fault
	}
	return openapi.Load(os.DirFS(folder))
})

// checker holds one stand-in's exchanges against the description. Answers are checked beside the requests that follow.
type checker struct {
	description *openapi.Description

	mu      sync.Mutex
	idle    *sync.Cond
	busy    int
	faults  []string
	hostile map[string]bool // what a world makes wrong on purpose, as it is sent
	except  map[string]bool // texts of faults that a test causes on purpose; true once one was met
}

func newChecker() (*checker, error) {
	d, err := description()
	if d == nil || err != nil {
		return nil, err
	}
	return checkerOf(d), nil
}

func checkerOf(d *openapi.Description) *checker {
	c := &checker{description: d, hostile: map[string]bool{}, except: map[string]bool{}}
	c.idle = sync.NewCond(&c.mu)
	return c
}

// Except leaves faults against the description out of Problems that hold a text, which a test causes on purpose; the reason
// is for readers. An exception that nothing needs fails the test.
func (s *Server) Except(fault, _ string) {
	if s.checker != nil {
		s.checker.mu.Lock()
		defer s.checker.mu.Unlock()
		s.checker.except[fault] = false
	}
}

// request checks a request whose route the stand-in knows. The operation is nil for those that are not described.
func (k *checker) request(c *call) *openapi.Operation {
	op, faults := k.description.Request(openapi.Request{Method: c.request.Method, Path: c.segments, Query: c.query, Body: c.body})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(faults)
	return op
}

// answer checks an answer that no fault has spoilt. The text of a log is not described but as a stream.
func (k *checker) answer(c *call, m mischief, a answer) {
	if c.operation == nil || m.changes() || a.status != http.StatusOK || c.route == "log" {
		return
	}
	k.mu.Lock()
	k.busy++
	k.mu.Unlock()
	go func() {
		faults := c.operation.Answer(a.body, k.isHostile)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.add(faults)
		if k.busy--; k.busy == 0 {
			k.idle.Broadcast()
		}
	}()
}

func (k *checker) add(faults []string) {
	for _, fault := range faults {
		if !slices.Contains(k.faults, fault) {
			k.faults = append(k.faults, fault)
		}
	}
}

// problems waits for the checks under way and returns what they found.
func (k *checker) problems() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.busy > 0 {
		k.idle.Wait()
	}
	return slices.DeleteFunc(slices.Clone(k.faults), func(fault string) bool {
		excepted := false
		for text := range k.except {
			if strings.Contains(fault, text) {
				k.except[text], excepted = true, true
			}
		}
		return excepted
	})
}

// unneeded are the exceptions that nothing needed.
func (k *checker) unneeded() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []string
	for text, met := range k.except {
		if !met {
			list = append(list, "nothing had to be excepted for "+text)
		}
	}
	return list
}

// spare leaves a record out of the check that a world makes wrong on purpose.
func (k *checker) spare(record []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hostile[string(record)] = true
}

func (k *checker) isHostile(part []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.hostile[string(part)]
}

// changes says whether a fault changes the answer itself.
func (m mischief) changes() bool {
	return m.word != "" || m.status != 0 || m.body != "" || m.contentType != ""
}

// isDescribed says whether a status of an evaluation is one that the service has.
func isDescribed(status string) bool {
	return slices.Contains([]string{"queued", "running", "approved", "rejected", "notApplicable", "broken"}, status)
}

func (s *Server) spare(record []byte) {
	if s.checker != nil {
		s.checker.spare(record)
	}
}
