package azdotest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// governed is a project whose policies differ in where they hold.
const governed = `{"projects":[{"name":"Shop","repositories":[{"name":"web","pullRequests":[{"id":7,"evaluations":[
		{"policy":8,"state":"expired"},{"policy":9,"state":"expired"}]}]},{"name":"app","defaultBranch":"trunk"}],"policies":[
	{"id":1,"displayName":"all mains","scopes":[{"branch":"main"}]},
	{"id":2,"displayName":"main of web","scopes":[{"repository":"web","branch":"main"}]},
	{"id":3,"displayName":"releases of web","scopes":[{"repository":"web","branch":"release/","match":"Prefix"}]},
	{"id":4,"displayName":"default branches","scopes":[{"match":"DefaultBranch"}]},
	{"id":5,"type":"Minimum reviewers","scopes":[{"repository":"app","branch":"trunk"}]},
	{"id":6,"type":"File names"},
	{"id":7,"type":"File size","scopes":[{"repository":"web"}]},
	{"id":8,"displayName":"secret","hidden":true},
	{"id":9,"displayName":"old","typeless":true,"scopes":[{"repository":"app","branch":"old"}]},
	{"id":10,"displayName":"gone","deleted":true}]}]}`

func ids(t *testing.T, v any) string {
	t.Helper()
	var text []string
	found, ok := at(t, v, "value").([]any)
	if !ok {
		t.Fatalf("no list: %v", v)
	}
	for _, item := range found {
		text = append(text, fmt.Sprint(at(t, item, "id")))
	}
	return strings.Join(text, " ")
}

func TestPolicyLists(t *testing.T) {
	t.Parallel()
	s := Start(t, parse(t, governed))
	web, app := RepositoryID("Shop", "web").String(), RepositoryID("Shop", "app").String()
	const ofGit, ofProject = "git/policy/configurations", "policy/configurations"
	for _, test := range []struct{ name, path, version, want string }{
		{"the project's, whatever they cover", ofProject, "7.1", "1 2 3 4 5 6 7 9"},
		{"those of a type, even where it is not said", ofProject + "?policyType=" + BuildPolicyType, "7.1", "1 2 3 4 9"},
		{"of old: exactly one branch", ofProject + "?scope=" + strings.ReplaceAll(web, "-", "") + ":refs/heads/main", "7.1", "2"},
		{"of old: exactly one repository", ofProject + "?scope=" + web, "7.1", "7"},
		{"of old: nothing is inherited", ofProject + "?scope=" + app + ":refs/heads/main", "7.1", ""},
		{"a branch", ofGit + "?repositoryId=" + web + "&refName=refs/heads/main", "7.1", "1 2 4 6 7"},
		{"a branch in a folder", ofGit + "?repositoryId=" + web + "&refName=refs/heads/release/1", "7.1", "3 6 7"},
		{"a folder", ofGit + "?repositoryId=" + web + "&refName=refs/heads/release/*", "7.1", "3 6 7"},
		{"a default branch", ofGit + "?repositoryId=" + app + "&refName=refs/heads/trunk", "7.1", "4 5 6"},
		{"a repository has no branch policies", ofGit + "?repositoryId=" + web, "7.1", "6 7"},
		{"a project has none either", ofGit, "7.1", "6"},
		{"branches of a name", ofGit + "?refName=refs/heads/main", "7.1", "1 6"},
		{"any branch", ofGit + "?repositoryId=" + web + "&refName=~all", "7.2", "1 2 3 4 6 7"},
		{"any branch, too early", ofGit + "?repositoryId=" + web + "&refName=~all", "7.1", "6 7"},
		{"a type", ofGit + "?repositoryId=" + web + "&refName=refs/heads/main&policyType=" + BuildPolicyType, "7.1", "1 2 4"},
	} {
		headers := map[string]string{"Authorization": "Bearer token", "Accept": "application/json;api-version=" + test.version + "-preview.1"}
		v := decode(t, sendAs(t, s, "GET", "/Shop/_apis/"+test.path, "", headers), 200)
		if got := ids(t, v); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestPolicyListsHaveNoPagesOfOld(t *testing.T) {
	t.Parallel()
	w := parse(t, governed)
	w.Pages.Policies = 3
	s := Start(t, w)
	for version, want := range map[string][]string{
		"5.0": {"1 2 3 4 5 6 7 9", ""},
		"6.0": {"1 2", "2"},
		"7.1": {"1 2", "2"},
	} {
		headers := map[string]string{"Authorization": "Bearer token", "Accept": "application/json;api-version=" + version}
		r := sendAs(t, s, "GET", "/Shop/_apis/policy/configurations?$top=2", "", headers)
		if diff := cmp.Diff(want, []string{ids(t, decode(t, r, 200)), r.header.Get("X-Ms-Continuationtoken")}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", version, diff)
		}
	}
	if got := ids(t, get(t, s, "/Shop/_apis/policy/configurations?continuationToken=6")); got != "7 9" {
		t.Errorf("the last page: %s", got)
	}
}

func TestHiddenAndTypelessPolicies(t *testing.T) {
	t.Parallel()
	s := Start(t, parse(t, governed))
	v := get(t, s, listPath("7"))
	if at(t, v, "value", 0, "configuration", "id") != 8.0 || at(t, v, "value", 0, "configuration", "type", "id") != BuildPolicyType {
		t.Errorf("the evaluation of a hidden policy: %v", v)
	}
	if at(t, v, "value", 1, "configuration", "type") != (missing{}) {
		t.Errorf("a type: %v", v)
	}
	if r := send(t, s, "GET", "/Shop/_apis/policy/configurations/8", ""); r.status != 404 {
		t.Errorf("a hidden policy by itself: %d", r.status)
	}
	if v := get(t, s, "/Shop/_apis/policy/configurations/7"); at(t, v, "settings", "scope", 0, "refName") != (missing{}) {
		t.Errorf("a policy of a repository has a branch: %v", v)
	}
	scope := at(t, get(t, s, "/Shop/_apis/policy/configurations/4"), "settings", "scope", 0)
	if diff := cmp.Diff(map[string]any{"refName": nil, "matchKind": "DefaultBranch", "repositoryId": nil}, scope); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
}
