package recording

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const head1 = `{"recording":1,"version":"1.1.0","at":"2026-01-02T03:04:05.000Z","run":{"project":{"id":"00000000-0000-4000-8000-000000000001","name":"project-1"},` +
	`"repository":{"id":"00000000-0000-4000-8000-000000000002","name":"repository-1","project":{"name":"project-1"}}},` +
	`"inputs":{"when":"failed","targetBranches":"branch-1","titles":"!pattern-1","retryOnlyIf":"text-1"}}` + "\n"

func made(t *testing.T, lines ...string) *Recording {
	t.Helper()
	r, err := Read(strings.NewReader(head1 + strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func line(text string) string { return text + "\n" }

func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	whole := line(`{"n":1,"method":"GET","path":"_apis","status":200}`)
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "this is no recording: it has no whole line"},
		{"half a line", `{"recording":1`, "this is no recording: it has no whole line"},
		{"another file", line("hello"), `this is no recording: its first line does not begin with {"recording":1`},
		{"another JSON", line(`{"count":0}`), `this is no recording: its first line does not begin with {"recording":1`},
		{"a later format", line(`{"recording":2,"version":"9.0.0"}`), "this recording has format 2, and this program reads 1: use the sources of the task that wrote it, 9.0.0"},
		{"no time", line(`{"recording":1}`), "line 1 is damaged: the time is missing"},
		{"half a slice", line(`{"recording":1,"at":"2026-01-02T03:04:05Z","run":{"slice":[1]}}`), "line 1 is damaged: a slice is a position and a total"},
		{"no JSON", head1 + whole + line("{") + whole, "line 3 is damaged: unexpected end of JSON input"},
		{"no request", head1 + line(`{"n":1,"status":200}`), "line 2 is damaged: it names no request"},
		{"no answer", head1 + line(`{"n":1,"method":"GET","path":"_apis"}`), "line 2 is damaged: 0 is no status of an answer"},
		{"a status of HTTP alone", head1 + line(`{"n":1,"method":"GET","path":"_apis","status":100}`), "line 2 is damaged: 100 is no status of an answer"},
		{"torn at its end", head1 + whole + `{"n":2,"meth`, ""},
		{"whole", head1 + whole, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := Read(strings.NewReader(test.text))
			got := ""
			if err != nil {
				got = err.Error()
			} else if r.Torn != strings.HasSuffix(test.name, "end") || len(r.exchanges) != 1 {
				t.Errorf("torn %v, %d exchanges", r.Torn, len(r.exchanges))
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestShift(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, test := range []struct{ name, text, want string }{
		{"in UTC", `{"a":"2026-01-02T03:04:05Z"}`, `{"a":"2026-01-03T03:04:05Z"}`},
		{"a part of a second", `{"a":"2026-01-31T03:04:05.1234567Z"}`, `{"a":"2026-02-01T03:04:05.1234567Z"}`},
		{"with a zone", `["2026-12-31T23:04:05+02:00"]`, `["2027-01-01T23:04:05+02:00"]`},
		{"without a zone", `["2026-01-02T03:04:05"]`, `["2026-01-03T03:04:05"]`},
		{"never", `["0001-01-01T00:00:00"]`, `["0001-01-01T00:00:00"]`},
		{"always", `["9999-12-31T23:59:59.9999999Z"]`, `["9999-12-31T23:59:59.9999999Z"]`},
		{"no date", `["2026-13-02T03:04:05Z","2026-01-02"]`, `["2026-13-02T03:04:05Z","2026-01-02"]`},
		{"within a text", `["since 2026-01-02T03:04:05Z"]`, `["since 2026-01-02T03:04:05Z"]`},
	} {
		if got := string(shift([]byte(test.text), day)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	for _, test := range []struct{ name, value, want string }{
		{"Date", "Fri, 02 Jan 2026 03:04:05 GMT", "Sat, 03 Jan 2026 03:04:05 GMT"},
		{"X-RateLimit-Reset", "1767323045", "1767409445"},
		{"Retry-After", "30", "30"},
	} {
		if got := shiftHeader(test.name, test.value, day); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// ask sends a request and returns status and body; a request that is never answered gives up soon.
func ask(t *testing.T, s *Server, method, path string) (int, string, error) {
	t.Helper()
	return askWithin(t, 2*time.Second, s, method, path)
}

func askWithin(t *testing.T, limit time.Duration, s *Server, method, path string) (int, string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.URL()+"/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header.Get("Date") + string(body), err
}

func serve(t *testing.T, r *Recording, now time.Time) *Server {
	t.Helper()
	s, err := r.Serve(now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestAnswersComeInOrder(t *testing.T) {
	t.Parallel()
	const date = `"headers":{"Date":"Fri, 02 Jan 2026 03:04:05 GMT","Content-Type":"application/json"}`
	s := serve(t, made(t,
		line(`{"method":"GET","path":"project-1/_apis/policy/evaluations/5","status":200,`+date+`,"body":{"n":1,"at":"2026-01-02T03:04:05Z"}}`),
		line(`{"method":"PATCH","path":"project-1/_apis/policy/evaluations/5","status":403,`+date+`,"body":{"n":2}}`),
		line(`{"method":"GET","path":"project-1/_apis/policy/evaluations/5","status":200,`+date+`,"body":{"n":3}}`),
		line(`{"method":"GET","path":"project-1/_apis/git/pullrequests","query":{"$top":"5","searchCriteria.minTime":"2025-12-24T00:00:00Z"},"status":200,`+date+`,"text":"{]"}`),
	), time.Date(2026, 1, 3, 3, 4, 5, 0, time.UTC))
	const when = "Sat, 03 Jan 2026 03:04:05 GMT"
	for _, test := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "Project-1/_apis/policy/Evaluations/5", 200, `{"n":1,"at":"2026-01-03T03:04:05Z"}`},
		{"GET", "project-1/_apis/policy/evaluations/5", 200, `{"n":3}`},
		{"PATCH", "project-1/_apis/policy/evaluations/5", 403, `{"n":2}`},
		{"GET", "project-1/_apis/policy/evaluations/5", 200, `{"n":3}`},
		{"GET", "project-1/_apis/git/pullrequests?searchCriteria.minTime=2025-12-25T00:00:00Z&$top=5", 200, `{]`},
	} {
		status, body, err := ask(t, s, test.method, test.path)
		if err != nil || status != test.status || body != when+test.body {
			t.Errorf("%s %s: %d %s, %v", test.method, test.path, status, body, err)
		}
	}
	if diff := cmp.Diff([]string{"PATCH project-1/_apis/policy/evaluations/5"}, s.Writes()); diff != "" || s.Requests() != 5 || s.Missing() != "" {
		t.Errorf("%d requests, %q is missing, writes:\n%s", s.Requests(), s.Missing(), diff)
	}
}

func TestWhatTheRecordingDoesNotHold(t *testing.T) {
	t.Parallel()
	const patch = `{"method":"PATCH","path":"project-1/_apis/policy/evaluations/5","status":200}`
	for _, test := range []struct {
		name, method, path string
		before             int
		want               string
	}{
		{"another path", "GET", "project-1/_apis/git/repositories", 0, "GET project-1/_apis/git/repositories"},
		{"another query", "GET", "_apis/projects?$top=1&a=b", 0, "GET _apis/projects?$top=1&a=b"},
		{"a write that comes once more", "PATCH", "project-1/_apis/policy/evaluations/5", 1, "PATCH project-1/_apis/policy/evaluations/5"},
		{"what the run had given up", "GET", "_apis/gone", 0, "GET _apis/gone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, made(t, line(patch), line(`{"method":"GET","path":"_apis/gone","fault":"cancelled"}`)), time.Now())
			for range test.before {
				if _, _, err := ask(t, s, test.method, test.path); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := ask(t, s, test.method, test.path); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("there was an answer: %v", err)
			}
			select {
			case <-s.lost:
			default:
				t.Error("nobody was told")
			}
			if got := s.Missing(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestFaultsAreReplayed(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"connection": "EOF", "timeout": "context deadline exceeded", "torn": "unexpected EOF", "certificate": "EOF",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			s := serve(t, made(t, line(`{"method":"GET","path":"_apis","status":200,"fault":"`+fault+`","body":{}}`),
				line(`{"method":"GET","path":"_apis","status":200,"body":{"n":2}}`)), time.Now())
			if _, _, err := ask(t, s, "GET", "_apis"); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
			if _, body, err := ask(t, s, "GET", "_apis"); err != nil || !strings.HasSuffix(body, `{"n":2}`) {
				t.Errorf("the next answer is %s, %v", body, err)
			}
		})
	}
	s := serve(t, made(t, line(`{"method":"GET","path":"_apis","status":200,"fault":"tooLarge"}`)), time.Now())
	if _, body, err := askWithin(t, time.Minute, s, "GET", "_apis"); err != nil || len(body) < 65<<20 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

func TestInputs(t *testing.T) {
	t.Parallel()
	known := []string{"when", "targetBranches", "titles", "retryOnlyIf", "repositories", "dryRun"}
	blank := map[string]string{"titles": "", "retryOnlyIf": ""}
	with := func(name, value string) map[string]string {
		return map[string]string{"titles": "", "retryOnlyIf": "", name: value}
	}
	const lost = `retryOnlyIf: the run had a pattern that looks into texts ("text-1"), of which a recording keeps nothing; say what it is to be here, such as retryOnlyIf=` +
		"\n" + `titles: the run had a pattern that looks into texts ("!pattern-1"), of which a recording keeps nothing; say what it is to be here, such as titles=`
	for _, test := range []struct {
		name  string
		given map[string]string
		want  map[string]string
		fault string
	}{
		{"none", nil, nil, lost},
		{"the recorded ones", blank, map[string]string{"when": "failed", "targetBranches": "branch-1", "titles": "", "retryOnlyIf": ""}, ""},
		{"another case", with("DRYRUN", "true"), map[string]string{"when": "failed", "targetBranches": "branch-1", "titles": "", "retryOnlyIf": "", "dryRun": "true"}, ""},
		{"over a recorded one", with("targetBranches", "!branch-*"), map[string]string{"when": "failed", "targetBranches": "!branch-*", "titles": "", "retryOnlyIf": ""}, ""},
		{"one that there is not", with("dryrunn", "true"), nil, `the task has no input "dryrunn"; it has when, targetBranches, titles, retryOnlyIf, repositories, dryRun`},
		{"a real name", with("targetBranches", "refs/heads/main"), nil, `targetBranches: "main" is not in the recording, in which each name has a stand-in: branch-1`},
		{"a name of a kind that there is not", with("titles", "Release"), nil, `titles: "Release" is not in the recording, in which each name has a stand-in: it has none of this kind`},
		{"stand-ins", with("repositories", "project-1/Repository-1, */*, 00000000-0000-4000-8000-000000000002"), map[string]string{
			"when": "failed", "targetBranches": "branch-1", "titles": "", "retryOnlyIf": "", "repositories": "project-1/Repository-1, */*, 00000000-0000-4000-8000-000000000002",
		}, ""},
	} {
		got, err := made(t).Inputs(test.given, known)
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if test.fault != "" && fault != test.fault || test.fault == "" && (err != nil || !cmp.Equal(got, test.want)) {
			t.Errorf("%s: %v, %s\n%s", test.name, got, fault, cmp.Diff(test.want, got))
		}
	}
}

func TestStepIsThatOfTheRun(t *testing.T) {
	t.Parallel()
	s := serve(t, made(t), time.Now())
	step := made(t).Step(s, map[string]string{"when": "failed"})
	if j := step.Job; j.Project != "project-1" || j.RepositoryName != "repository-1" || j.RepositoryURI != s.URL()+"/project-1/_git/repository-1" || j.Reason == "PullRequest" {
		t.Errorf("got %+v", j)
	}
	odd, err := Read(strings.NewReader(line(`{"recording":1,"at":"2026-01-02T03:04:05Z","run":{"project":{"name":"project-1"},"validates":7,"pipeline":55,"slice":[2,3],"foreign":true}}`)))
	if err != nil {
		t.Fatal(err)
	}
	if j := odd.Step(s, nil).Job; j.Project != "replay" || j.RepositoryName+j.RepositoryID != "" || j.PullRequest.ID != 7 || j.Reason != "PullRequest" ||
		j.DefinitionID != 55 || j.Position != 2 || j.Total != 3 {
		t.Errorf("got %+v", j)
	}
}
