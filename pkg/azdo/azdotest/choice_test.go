package azdotest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every member of Behaviour that has words is a choice, and every choice can be made.
func TestChoices(t *testing.T) {
	t.Parallel()
	var members, names []string
	for member := range reflect.TypeFor[Behaviour]().Fields() {
		if member.Type.Kind() == reflect.String {
			name, _, _ := strings.Cut(member.Tag.Get("json"), ",")
			members = append(members, name)
		}
	}
	for _, c := range Choices() {
		names = append(names, c.Name)
		if c.Question == "" || len(c.Values) < 2 {
			t.Errorf("%s asks nothing, or has one answer", c.Name)
		}
		for i, value := range c.Values {
			w := shop("expired")
			c.Set(&w.Behaviour, value)
			byMember := parse(t, `{"behaviour":{"`+c.Name+`":"`+value+`"},"projects":[{"name":"Shop"}]}`)
			if diff := cmp.Diff(byMember.Behaviour, w.Behaviour); diff != "" {
				t.Errorf("%s (-file +set):\n%s", c.Name, diff)
			}
			s := Start(t, w)
			if i == 0 {
				w.Behaviour = Behaviour{}
				if diff := cmp.Diff(Start(t, w).World().Behaviour, s.World().Behaviour); diff != "" {
					t.Errorf("%s: %s is not the default (-default +set):\n%s", c.Name, value, diff)
				}
			}
		}
		if _, err := Parse([]byte(`{"behaviour":{"` + c.Name + `":"perhaps"}}`)); err == nil || !strings.Contains(err.Error(), c.Name) {
			t.Errorf("%s: perhaps: %v", c.Name, err)
		}
	}
	slices.Sort(members)
	slices.Sort(names)
	if diff := cmp.Diff(members, names); diff != "" {
		t.Errorf("members and choices (-members +choices):\n%s", diff)
	}
}

func TestRecordsThatDoNotApply(t *testing.T) {
	t.Parallel()
	w := parse(t, `{"pages":{"evaluations":2},"projects":[{"name":"Shop","policies":[{"id":1},{"id":2},{"id":3},{"id":4}],"repositories":[
		{"name":"web","pullRequests":[{"id":7,"evaluations":[{"policy":1,"state":"notApplicable"},{"policy":2,"state":"notApplicable"},
			{"policy":3,"state":"expired"},{"policy":4,"state":"expired"}]}]}]}]}`)
	for cut, want := range map[string][]float64{"beforeCut": {2, 0, 2, 2}, "afterCut": {0, 2, 2, 2}} {
		w.Behaviour.NotApplicable = cut
		s := Start(t, w)
		var got []float64
		for _, query := range []string{"", "&$skip=2", "&includeNotApplicable=true", "&includeNotApplicable=true&$skip=2"} {
			n, _ := at(t, get(t, s, listPath("7")+query), "count").(float64)
			got = append(got, n)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", cut, diff)
		}
	}
}
