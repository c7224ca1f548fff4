package discover

import (
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// TestOdd: each warning has a row that gives it and near misses.
func TestOdd(t *testing.T) {
	t.Parallel()
	const hidden, expiry = "Only one repository is visible", "does not report whether a build has expired"
	all, err := requeue.NewRepositoryPatterns([]string{"*"})
	if err != nil {
		t.Fatal(err)
	}
	one, err := requeue.NewRepositoryPatterns([]string{"web"})
	if err != nil {
		t.Fatal(err)
	}
	web, api := &requeue.Repository{Name: "web"}, &requeue.Repository{Name: "api"}
	build := func(id int, tells bool) requeue.Evaluation {
		return requeue.Evaluation{Policy: &requeue.Policy{PipelineID: 9}, Details: &requeue.Details{BuildID: id, HasIsExpired: tells}}
	}
	reviewers := requeue.Evaluation{Policy: &requeue.Policy{}, Details: requeue.NoDetails}
	for _, tt := range []struct {
		name        string
		config      config.Config
		visible     []*requeue.Repository
		evaluations []requeue.Evaluation
		want        []string
	}{
		{name: "one of all", config: config.Config{Repositories: all}, visible: []*requeue.Repository{web}, want: []string{hidden}},
		{name: "two of all", config: config.Config{Repositories: all}, visible: []*requeue.Repository{web, api}},
		{name: "one was named", config: config.Config{Repositories: one}, visible: []*requeue.Repository{web}},
		{name: "one pull request is validated", config: config.Config{Repositories: all, ValidatesPullRequest: 7}, visible: []*requeue.Repository{web}},
		{name: "no build tells", evaluations: []requeue.Evaluation{build(1, false), build(2, false)}, want: []string{expiry}},
		{name: "one build tells", evaluations: []requeue.Evaluation{build(1, false), build(2, true)}},
		{name: "there is no build", evaluations: []requeue.Evaluation{build(0, false), reviewers}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := odd(tt.config, Found{Visible: tt.visible, Screened: []requeue.Screened{{PullRequest: &requeue.PullRequest{Evaluations: tt.evaluations}}}})
			if len(got) != len(tt.want) || len(got) > 0 && !strings.Contains(got[0], tt.want[0]) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
