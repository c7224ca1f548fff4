package azdo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest/openapi"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

const testToken = "eyJ0b2tlbiI6InNlY3JldCJ9.0123456789"

// basePath is where the tests mount a collection: with capitals and a prefix, to catch whoever loses either.
const basePath = "/tfs/DefaultCollection"

var (
	projectID    = uuid.MustParse("0cc3421e-eb11-420e-9409-26034420bd47")
	repositoryID = uuid.MustParse("ba8a55b2-19ca-4175-bd70-b644be424553")
	evaluationID = uuid.MustParse("78e00bd2-3653-4e03-8e66-6007d9a28a4c")
)

func testRepository() *requeue.Repository {
	return &requeue.Repository{ID: repositoryID, Name: "Web", Project: requeue.Project{ID: projectID, Name: "Shop"}, DefaultRefName: "refs/heads/main"}
}

func testPullRequest() requeue.PullRequest {
	return requeue.PullRequest{ID: 24, Repository: testRepository(), SourceCommitID: "cb71"}
}

// locationTable is the answer to OPTIONS _apis of a server with this greatest version.
func locationTable(version string) string {
	templates := map[uuid.UUID][3]string{
		locConnectionData:       {"Location", "ConnectionData", "_apis/{resource}"},
		locProjects:             {"core", "projects", "_apis/{resource}/{*projectId}"},
		locRepositories:         {"git", "repositories", "{project}/_apis/{area}/{resource}/{repositoryId}"},
		locPullRequests:         {"git", "pullRequests", "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{pullRequestId}"},
		locProjectPullRequests:  {"git", "pullRequests", "{project}/_apis/{area}/{resource}"},
		locPullRequest:          {"git", "pullRequests", "{project}/_apis/{area}/{resource}/{pullRequestId}"},
		locLabels:               {"git", "pullRequestLabels", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/labels/{labelIdOrName}"},
		locPolicyConfigurations: {"policy", "configurations", "{project}/_apis/{area}/{resource}/{configurationId}"},
		locEvaluations:          {"policy", "evaluations", "{project}/_apis/{area}/{resource}"},
		locEvaluation:           {"policy", "evaluations", "{project}/_apis/{area}/{resource}/{evaluationId}"},
		locBuilds:               {"Build", "Builds", "{project}/_apis/build/{resource}/{buildId}"},
		locDefinitions:          {"Build", "Definitions", "{project}/_apis/build/{resource}/{definitionId}"},
		locLogs:                 {"Build", "Logs", "{project}/_apis/build/builds/{buildId}/{resource}/{logId}"},
		locIterations:           {"git", "pullRequestIterations", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/iterations/{iterationId}"},
		locTimeline:             {"Build", "Timeline", "{project}/_apis/build/builds/{buildId}/{resource}/{timelineId}"},
		locThreads:              {"git", "pullRequestThreads", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/threads/{threadId}"},
		locComments:             {"git", "pullRequestThreadComments", "{project}/_apis/{area}/repositories/{repositoryId}/pullRequests/{pullRequestId}/threads/{threadId}/comments/{commentId}"},
	}
	var entries []any
	for _, id := range neededLocations() {
		t := templates[id]
		entries = append(entries, map[string]any{
			"id": id, "area": t[0], "resourceName": t[1], "routeTemplate": t[2], "resourceVersion": 7,
			"minVersion": "1.0", "maxVersion": version, "releasedVersion": "0.0",
		})
	}
	// One that nobody needs and that would make the SDK panic.
	entries = append(entries, map[string]any{"id": uuid.New(), "resourceVersion": "seven"})
	table, _ := json.Marshal(map[string]any{"count": len(entries), "value": entries})
	return string(table)
}

// reply is what a fake answers.
type reply struct {
	status  int // 0 is 200
	header  map[string]string
	body    string
	torn    bool // the body ends in the middle
	err     error
	unsent  bool // err came before a connection was there
	delay   time.Duration
	hanging bool // no answer until the request is given up
}

func ok(body string) reply { return reply{body: body} }

func page(status int, body string) reply {
	return reply{status: status, body: body, header: map[string]string{"Content-Type": "text/html"}}
}

func (r reply) after(d time.Duration) reply { r.delay = d; return r }

func (r reply) with(pairs ...string) reply {
	header := map[string]string{}
	maps.Copy(header, r.header)
	for i := 0; i < len(pairs); i += 2 {
		header[pairs[i]] = pairs[i+1]
	}
	r.header = header
	return r
}

type tornBody struct{ io.Reader }

func (b tornBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// sent is a request that a fake has seen.
type sent struct {
	method, path, query, body string
	header                    http.Header
	at                        time.Time
}

// fake is a service within the process, below the transport: with it, tests run under synctest and a wait costs nothing.
type fake struct {
	t      testing.TB
	answer func(n int, r *http.Request) reply // n counts the requests but OPTIONS, from 0
	table  string

	mu      sync.Mutex
	log     []sent
	options int
	way     atomic.Int32
	most    atomic.Int32
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	way := f.way.Add(1)
	defer f.way.Add(-1)
	for most := f.most.Load(); way > most && !f.most.CompareAndSwap(most, way); most = f.most.Load() {
	}
	trace := httptrace.ContextClientTrace(r.Context())
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	if r.Method == http.MethodOptions {
		f.mu.Lock()
		f.options++
		f.mu.Unlock()
		return respond(r, ok(f.table)), nil
	}
	f.check(r, body)
	f.mu.Lock()
	n := len(f.log)
	f.log = append(f.log, sent{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone(), time.Now()})
	f.mu.Unlock()
	a := f.answer(n, r)
	if trace != nil && trace.GotConn != nil && !a.unsent {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	wait := time.After(a.delay)
	if a.hanging {
		wait = nil
	}
	select {
	case <-wait:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	return respond(r, a), nil
}

// described is the official description of the service, where RESCHEDULE_DESCRIPTION names it; see azdotest.
var described = sync.OnceValues(func() (*openapi.Description, error) {
	if folder := os.Getenv(azdotest.DescriptionVariable); folder != "" {
		return openapi.Load(os.DirFS(folder))
	}
	return nil, nil //nolint:nilnil // there is none, which is no fault
})

// check holds a request against the description of the service.
func (f *fake) check(r *http.Request, body []byte) {
	d, err := described()
	if err != nil {
		f.t.Error(err)
	}
	path, below := strings.CutPrefix(r.URL.EscapedPath(), basePath+"/")
	if d == nil || err != nil || !below {
		return
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i], _ = url.PathUnescape(segment) // it was escaped by net/url
	}
	if _, faults := d.Request(openapi.Request{Method: r.Method, Path: segments, Query: r.URL.Query(), Body: body}); len(faults) > 0 {
		f.t.Errorf("%s %s: %v", r.Method, r.URL, faults)
	}
}

func respond(r *http.Request, a reply) *http.Response {
	if a.status == 0 {
		a.status = 200
	}
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	for name, value := range a.header {
		header.Set(name, value)
	}
	var body io.Reader = strings.NewReader(a.body)
	if a.torn {
		body = tornBody{body}
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(body), ContentLength: -1, Request: r}
}

// requests is what the fake has seen, without OPTIONS.
func (f *fake) requests() []sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]sent(nil), f.log...)
}

var fakes atomic.Int64

// newFake makes a client on a fake. Each has an address of its own, since the SDK remembers a server's locations for as
// long as the process lives.
func newFake(t testing.TB, o Options, answer func(n int, r *http.Request) reply) (*Client, *fake) {
	t.Helper()
	f := &fake{t: t, answer: answer, table: locationTable("7.2")}
	o.CollectionURL = fmt.Sprintf("https://fake-%d.example%s", fakes.Add(1), basePath)
	if o.Token == nil {
		o.Token = func(context.Context) (string, error) { return testToken, nil }
	}
	if o.Concurrency == 0 {
		o.Concurrency = 8
	}
	c, err := open(o, f)
	if err != nil {
		t.Fatal(err)
	}
	return c, f
}

// newServer makes a client on a real server whose collection is mounted below basePath.
func newServer(t testing.TB, o Options, handler http.HandlerFunc) (*Client, *httptest.Server) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if r.Method == http.MethodOptions {
			_, _ = io.WriteString(w, locationTable("7.2"))
			return
		}
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	o.CollectionURL = s.URL + basePath
	if o.Token == nil {
		o.Token = func(context.Context) (string, error) { return testToken, nil }
	}
	if o.Concurrency == 0 {
		o.Concurrency = 8
	}
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func asError(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %T (%v), want *Error", err, err)
	}
	return e
}

// asSDK reads an answer as a typed method of the SDK does, behind fitted. A nil value is an answer that was refused.
func asSDK[T any](t testing.TB, body string) (*T, *notes) {
	t.Helper()
	shown, found, err := fitted(strings.NewReader(body), reflect.TypeFor[T]())
	if err != nil {
		return nil, nil
	}
	v := new(T)
	if err := json.Unmarshal(shown, v); err != nil {
		t.Errorf("the SDK cannot read %s, which was made of %s: %v", shown, body, err)
	}
	return v, found
}

// record is an evaluation of a build policy as the service sends it; fields change or add to it, nil removes.
func record(fields map[string]any) map[string]any {
	r := map[string]any{
		"evaluationId": evaluationID.String(), "status": "queued", "startedDate": "2024-06-01T10:00:00.5Z", "completedDate": "2024-06-01T11:00:00Z",
		"configuration": map[string]any{
			"id": 20247, "revision": 19, "isEnabled": true, "isBlocking": true, "isDeleted": false,
			"type":     map[string]any{"id": requeue.BuildPolicyType, "displayName": "Build"},
			"settings": map[string]any{"buildDefinitionId": 18443, "displayName": "CI", "queueOnSourceUpdateOnly": true, "manualQueueOnly": false, "validDuration": 720.5},
		},
		"context": map[string]any{
			"buildId": 17, "buildDefinitionName": "ci", "isExpired": true, "buildIsNotCurrent": true, "buildStartedUtc": "2024-06-01T10:00:01",
			"lastMergeCommitId": "6366", "lastMergeSourceCommitId": "cb71", "buildOutputPreview": nil,
		},
	}
	for path, value := range fields {
		at, names := r, strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			at, _ = at[name].(map[string]any)
		}
		if value == absent {
			delete(at, names[len(names)-1])
			continue
		}
		at[names[len(names)-1]] = value
	}
	return r
}

type missing struct{}

// absent removes a field from a record.
var absent any = missing{}

func listJSON(items ...any) string {
	if items == nil {
		items = []any{}
	}
	return toJSON(map[string]any{"value": items, "count": len(items)})
}

func toJSON(v any) string {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		panic(err)
	}
	return b.String()
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

func mustParse(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
