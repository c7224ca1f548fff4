package azdo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

func TestWrapKnowsEveryShape(t *testing.T) {
	t.Parallel()
	message, key, status := "TF401019: The Git\nrepository", "GitRepositoryNotFoundException", 404
	sdk := azuredevops.WrappedError{Message: &message, TypeKey: &key, StatusCode: &status}
	full := Error{Op: "op", StatusCode: 404, TypeKey: key, Code: "TF401019", Message: "TF401019: The Git repository"}
	for _, tt := range []struct {
		name string
		err  error
		want Error
	}{
		{"the SDK's by value", sdk, full},
		{"the SDK's by pointer", &sdk, full},
		{"the SDK's with nothing in it", azuredevops.WrappedError{}, Error{Op: "op"}},
		{"below another", fmt.Errorf("x: %w", &sdk), full},
		{"ours in a *url.Error", &url.Error{Op: "Get", URL: "https://h/x", Err: &Error{Op: "inner", StatusCode: 500}}, Error{Op: "inner", StatusCode: 500}},
		{"ours without an operation", &Error{StatusCode: 500}, Error{Op: "op", StatusCode: 500}},
		{"an unknown location", &azuredevops.LocationIdNotRegisteredError{LocationId: uuid.Nil, Url: "https://h"}, Error{Op: "op", Message: "this server does not offer the API that is needed"}},
		{"a missing argument", &azuredevops.ArgumentNilError{ArgumentName: "x"}, Error{Op: "op", Message: "Argument x can not be nil"}},
		{"an empty argument", &azuredevops.ArgumentNilOrEmptyError{ArgumentName: "x"}, Error{Op: "op", Message: "Argument x can not be nil or empty"}},
		{"a URL stays out", &url.Error{Op: "Get", URL: "https://h/secret", Err: errors.New("no route")}, Error{Op: "op", Message: "no route"}},
		{"cancelled", &url.Error{Op: "Get", URL: "https://h", Err: context.Canceled}, Error{Op: "op", Message: "cancelled"}},
		{"out of time", context.DeadlineExceeded, Error{Op: "op", Message: "no time left"}},
		{"anything", errors.New("a\x1b[31mb\n##vso[x]"), Error{Op: "op", Message: "a[31mb ##vso[x]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := asError(t, wrap("op", tt.err))
			if e.Err != nil && !errors.Is(tt.err, e.Err) {
				t.Errorf("the cause is %v", e.Err)
			}
			got := *e
			got.Err = nil
			if diff := cmp.Diff(tt.want, got, onlyFacts); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if wrap("op", nil) != nil {
		t.Error("nil is an error")
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	e := Error{Op: "list the evaluations", StatusCode: 403, Message: "TF401027: You need it."}
	if got, want := e.Error(), "list the evaluations: status 403: TF401027: You need it."; got != want {
		t.Errorf("got %s", got)
	}
	e = Error{Op: strings.Repeat("ä", 200), Message: strings.Repeat("ö", 200)}
	if got := e.Error(); utf8.RuneCountInString(got) != maxErrorText || !strings.HasSuffix(got, "…") {
		t.Errorf("%d characters: %s", utf8.RuneCountInString(got), got)
	}
	if got := (&Error{}).Error(); got == "" {
		t.Error("an error without a text")
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add("a\r\n##vso[task.complete]\u2028\u202e\x00")
	f.Add(strings.Repeat("ä", 5000))
	f.Fuzz(func(t *testing.T, s string) {
		got := oneLine(s)
		if utf8.RuneCountInString(got) > maxMessageText || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("%q holds %U", got, r)
			}
		}
		if cut := cutBytes(s, 7); len(cut) > 7 || !strings.HasPrefix(s, cut) {
			t.Errorf("cutBytes gives %q", cut)
		}
	})
}

// refusal is an answer of the service, and what a person has to be told.
type refusal struct {
	name    string
	reply   reply
	refused bool
	want    []string // parts of the advice
}

func refusals() []refusal {
	body := func(message string) string { return toJSON(map[string]any{"message": message, "typeKey": "X"}) }
	return []refusal{
		{"401 empty", reply{status: 401}, true, []string{"whose token has not expired", "View project-level information", "Organization settings > Users"}},
		{"401 TF400813", reply{status: 401, body: tf400813}, true, []string{"TF400813", "View project-level information", "Organization settings > Users"}},
		{"203", page(203, "<html><title>Sign In</title>"), true, []string{"Sign In", "whose token has not expired", "Organization settings > Users"}},
		{"200 page", page(200, "<html>"), true, []string{"web page", "Organization settings > Users"}},
		{"302", reply{status: 302}.with("Location", "https://login.microsoftonline.com/x"), true, []string{"login.microsoftonline.com", "Organization settings > Users"}},
		{"301", reply{status: 301}.with("Location", "https://new.example/x"), true, []string{"new.example", "Public URL"}},
		{"403 TF401027", reply{status: 403, body: body("TF401027: You need the Git 'PullRequestContribute' permission to perform this action. Details: identity 'Build\\2fa9', scope 'repository'.")}, true, []string{`"Contribute to pull requests"`, "Repositories > (repository) > Security"}},
		{"403 TF401027 Read", reply{status: 403, body: body("TF401027: You need the Git 'GenericRead' permission to perform this action.")}, true, []string{`"Read"`, "Repositories > (repository) > Security"}},
		{"403 TF215106", reply{status: 403, body: body("TF215106: Access denied. X needs Queue builds permissions for build pipeline 7:ci in team project P to perform the action.")}, true, []string{`"Queue builds"`, "Manage security"}},
		{"403", reply{status: 403, body: body("no")}, true, []string{`"Contribute to pull requests"`, `"Queue builds"`}},
		{"404 TF401019", reply{status: 404, body: body("TF401019: The Git repository with name or identifier x does not exist or you do not have permissions for the operation you are attempting.")}, true, []string{"Protect access to repositories in YAML pipelines", "`checkout: none`", "`uses:`", `"Read"`, "Project settings > Pipelines > Settings"}},
		{"404 VS800075", reply{status: 404, body: body("VS800075: The project with id 'x' does not exist, or you do not have permission to access it.")}, true, []string{"Limit job authorization scope", "View project-level information", "Readers"}},
		{"403 VS800075", reply{status: 403, body: body("VS800075: The project with id 'x' does not exist, or you do not have permission to access it.")}, true, []string{"Limit job authorization scope"}},
		{"404 TF200016", reply{status: 404, body: body("TF200016: The following project does not exist: P.")}, true, []string{"project's name", "View project-level information"}},
		{"503 TF24668", reply{status: 503, body: tf24668}, false, []string{"Start the collection", "Administration Console"}},
		{"404 of a pull request", reply{status: 404, body: body("TF401180: The requested pull request was not found.")}, false, nil},
		{"500", reply{status: 501, body: body("broken")}, false, nil},
	}
}

func TestAdviceForEveryRefusal(t *testing.T) {
	t.Parallel()
	for _, tt := range refusals() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFake(t, Options{}, func(int, *http.Request) reply { return tt.reply })
			_, err := c.Requeue(t.Context(), projectID, evaluationID, nil)
			e := asError(t, err)
			if e.Refused() != tt.refused {
				t.Errorf("Refused is %v", e.Refused())
			}
			const who = "Shop Build Service (org)"
			advice := e.Advice(who)
			if len(tt.want) == 0 {
				if advice != "" {
					t.Errorf("advice without a cure: %s", advice)
				}
				return
			}
			for _, part := range append([]string{`"` + who + `"`}, tt.want...) {
				if !strings.Contains(advice, part) {
					t.Errorf("%q is missing in: %s", part, advice)
				}
			}
			if strings.Contains(advice, evaluationID.String()) || strings.ContainsAny(advice, "\r\n") {
				t.Errorf("advice differs between evaluations or has lines: %s", advice)
			}
			if unknown := e.Advice(""); !strings.Contains(unknown, "build service identity of this pipeline") {
				t.Errorf("without a name: %s", unknown)
			}
		})
	}
}

// TestAdviceAfterTheWords: the service's words and the instruction are two sentences, however the words end.
func TestAdviceAfterTheWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ words, want string }{
		{"Access denied", "Access denied. Allow "},
		{"Access denied.", "Access denied. Allow "},
		{"Access denied!", "Access denied! Allow "},
		{"Access den…", "Access den… Allow "}, // cut
	} {
		e := Error{StatusCode: 403, Message: tt.words, area: areaCode}
		if advice := e.Advice("x"); !strings.Contains(advice, tt.want) {
			t.Errorf("%q: %s", tt.words, advice)
		}
	}
}

func TestForbiddenNamesThePermissionOfTheRequest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		area area
		want string
	}{
		{areaCode, `"Read"`},
		{areaRequeue, `"Queue builds"`},
		{areaBuild, `"View builds"`},
		{areaComment, `"Contribute to pull requests"`},
		{areaProject, `"View project-level information"`},
		{areaOrganization, `"View project-level information"`},
	} {
		e := Error{StatusCode: 403, area: tt.area}
		if advice := e.Advice("x"); !strings.Contains(advice, tt.want) {
			t.Errorf("%d: %s", tt.area, advice)
		}
	}
}

// TestLongRefusal: however much comes with it, a refusal is read whole.
func TestLongRefusal(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"message":"TF401019: gone","typeKey":"GitRepositoryNotFoundException","stack":"` + strings.Repeat("s", pieceSize) + `"}`,
		`{"stack":"` + strings.Repeat("s", pieceSize) + `","message":"TF401019: gone","typeKey":"GitRepositoryNotFoundException"}`,
	} {
		c, _ := newFake(t, Options{}, func(int, *http.Request) reply { return reply{status: 404, body: body} })
		_, err := c.Evaluations(t.Context(), testPullRequest(), false)
		if e := asError(t, err); e.Code != "TF401019" || e.TypeKey != "GitRepositoryNotFoundException" {
			t.Errorf("got %v", err)
		}
	}
	for _, member := range []string{"Message", "message"} {
		c, _ := newFake(t, Options{}, func(int, *http.Request) reply {
			return reply{status: 400, body: `{"count":1,"value":{"` + member + `":"bad"}}`}
		})
		if _, err := c.Evaluations(t.Context(), testPullRequest(), false); asError(t, err).Message != "bad" {
			t.Errorf("%s: got %v", member, err)
		}
	}
}

func TestWithoutToken(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("eyJ0", 10) + strings.Repeat("~9_", 2000)
	for _, tt := range []struct{ name, token, text, want string }{
		{"whole", "job-token", "Bearer job-token, job-token", "Bearer ***, ***"},
		{"none", "job-token", "Bearer job", "Bearer job"},
		{"of stars", "*", "a * b", "a *** b"},
		{"a long one", long, "Bearer " + long + ".", "Bearer ***."},
		{"a long one that was cut", long, "Bearer " + long[:200] + "…", "Bearer ***…"},
		{"a long one's beginning only", long, long[:23], long[:23]},
	} {
		if got := withoutToken(tt.text, tt.token); got != tt.want {
			t.Errorf("%s: %.100q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestTokenLost: a 401 means another thing once the token was taken. The table of locations and the question who is
// asking prove nothing: an organization with public projects answers them to anybody.
func TestTokenLost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		first   func(ctx context.Context, c *Client) error
		status  int
		want    string
		without string
	}{
		{
			name: "taken before", status: 401, want: "expired or withdrawn", without: "whose token has not expired",
			first: func(ctx context.Context, c *Client) error { _, err := c.Repositories(ctx, "Shop"); return err },
		},
		{
			name: "taken before, with words", status: 401, want: "expired or withdrawn",
			first: func(ctx context.Context, c *Client) error { _, err := c.Repositories(ctx, "Shop"); return err },
		},
		{
			name: "never taken", status: 401, want: "whose token has not expired", without: "withdrawn",
			first: func(ctx context.Context, c *Client) error { return c.Connect(ctx) },
		},
		{
			name: "a name that anybody may ask for", status: 401, want: "whose token has not expired", without: "withdrawn",
			first: func(ctx context.Context, c *Client) error { _, err := c.Identity(ctx); return err },
		},
		{
			name: "another refusal", status: 403, want: "Allow", without: "withdrawn",
			first: func(ctx context.Context, c *Client) error { _, err := c.Repositories(ctx, "Shop"); return err },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := ""
			if strings.HasSuffix(tt.name, "words") {
				body = tf400813
			}
			c, _ := newFake(t, Options{}, func(_ int, r *http.Request) reply {
				switch {
				case r.Method == http.MethodPatch:
					return reply{status: tt.status, body: body}
				case strings.HasSuffix(r.URL.Path, "ConnectionData"):
					return ok(`{"authenticatedUser":{"id":"` + projectID.String() + `","providerDisplayName":"Anonymous"}}`)
				}
				return ok(`{"count":0,"value":[]}`)
			})
			if err := tt.first(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			_, err := c.Requeue(t.Context(), projectID, evaluationID, nil)
			e := asError(t, err)
			advice := e.Advice("Shop Build Service (org)")
			if !strings.Contains(advice, tt.want) || tt.without != "" && strings.Contains(advice, tt.without) {
				t.Errorf("got %s", advice)
			}
			if e.TokenLost() != strings.Contains(advice, "expired or withdrawn") || tt.status == 401 && e.TokenLost() && e.Topic() != "Status 401" {
				t.Errorf("TokenLost is %v, topic %q", e.TokenLost(), e.Topic())
			}
		})
	}
}
