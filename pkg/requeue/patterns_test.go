package requeue_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		items []string
		on    []string
		want  bool
	}{
		{"no pattern matches anything", nil, []string{"main"}, true},
		{"no pattern matches no name", nil, nil, true},
		{"a name is itself", []string{"main"}, []string{"main"}, true},
		{"a name is anchored at its start", []string{"main"}, []string{"domain"}, false},
		{"a name is anchored at its end", []string{"main"}, []string{"mainline"}, false},
		{"a name is anchored around line ends", []string{"main"}, []string{"main\n"}, false},
		{"blanks around are trimmed", []string{"  main\t"}, []string{"main"}, true},
		{"blanks inside count", []string{"a b"}, []string{"ab"}, false},
		{"* is any run", []string{"release/*"}, []string{"release/2024/11"}, true},
		{"* is also nothing", []string{"release/*"}, []string{"release/"}, true},
		{"* runs over line ends", []string{"a*z"}, []string{"a\nz"}, true},
		{"* needs the rest", []string{"release/*"}, []string{"release"}, false},
		{"* in the middle", []string{"a*c*e"}, []string{"abcde"}, true},
		{"? is one", []string{"v?"}, []string{"v1"}, true},
		{"? is one letter, not one byte", []string{"v?"}, []string{"vé"}, true},
		{"? is not none", []string{"v?"}, []string{"v"}, false},
		{"? is not two", []string{"v?"}, []string{"v12"}, false},
		{"case does not count", []string{"RELEASE/*"}, []string{"Release/x"}, true},
		{"case does not count beyond ASCII", []string{"ÄRGER"}, []string{"ärger"}, true},
		{"folding is simple: ſ and s", []string{"strasse"}, []string{"ſtraſſe"}, true},
		{"folding is simple: K and the Kelvin sign", []string{"kelvin"}, []string{"\u212Aelvin"}, true},
		{"folding is simple: ß is not ss", []string{"strasse"}, []string{"straße"}, false},
		{"a dot is a dot", []string{"v1.0"}, []string{"v1x0"}, false},
		{"brackets are brackets", []string{"[a-z]"}, []string{"b"}, false},
		{"brackets match themselves", []string{"[a-z]"}, []string{"[a-z]"}, true},
		{"a backslash is a backslash", []string{`a\*`}, []string{`a\b`}, true},
		{"a backslash does not quote", []string{`a\*`}, []string{`a*`}, false},
		{"one of several", []string{"main", "release/*"}, []string{"release/1"}, true},
		{"none of several", []string{"main", "release/*"}, []string{"topic"}, false},
		{"an exclusion", []string{"!main"}, []string{"main"}, false},
		{"only exclusions mean everything but", []string{"!main", "!old/*"}, []string{"topic"}, true},
		{"only exclusions match no name", []string{"!main"}, nil, true},
		{"an exclusion wins behind", []string{"*", "!main"}, []string{"main"}, false},
		{"an exclusion wins before", []string{"!main", "*"}, []string{"main"}, false},
		{"an exclusion wins over the same name", []string{"main", "!main"}, []string{"main"}, false},
		{"an exclusion folds", []string{"!MAIN"}, []string{"main"}, false},
		{"blanks behind the exclamation mark", []string{"! main"}, []string{"main"}, false},
		{"a second exclamation mark is text", []string{"!!x"}, []string{"!x"}, false},
		{"an inner exclamation mark is text", []string{"a!b"}, []string{"a!b"}, true},
		{"no name is not included", []string{"*"}, nil, false},
		{"any name may be included", []string{"ann@*"}, []string{"Ann", "ann@example.com"}, true},
		{"any name may be excluded", []string{"*", "!Ann"}, []string{"Ann", "ann@example.com"}, false},
		{"an empty name is one of *", []string{"*"}, []string{""}, true},
		{"an empty name is none of ?", []string{"?"}, []string{""}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := patterns(t, tt.items...).Match(tt.on...); got != tt.want {
				t.Errorf("patterns %q on %q: got %t, want %t", tt.items, tt.on, got, tt.want)
			}
		})
	}
}

func TestPatternsIsZero(t *testing.T) {
	t.Parallel()
	if !patterns(t).IsZero() || patterns(t, "x").IsZero() || patterns(t, "!x").IsZero() {
		t.Error("only the empty list is zero")
	}
}

func TestBranchPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		items []string
		on    string
		want  bool
	}{
		{"no pattern", nil, "refs/heads/main", true},
		{"the short name", []string{"main"}, "refs/heads/main", true},
		{"the full name", []string{"refs/heads/main"}, "refs/heads/main", true},
		{"the full name in another case", []string{"Refs/Heads/Main"}, "refs/heads/main", true},
		{"the full name of another branch", []string{"refs/heads/main"}, "refs/heads/topic", false},
		{"a full pattern", []string{"refs/heads/release/*"}, "refs/heads/release/1", true},
		{"a full pattern in the middle of nowhere", []string{"refs/heads/release/*"}, "refs/heads/old/release/1", false},
		{"a full exclusion", []string{"!refs/heads/main"}, "refs/heads/main", false},
		{"a full exclusion leaves the rest", []string{"!refs/heads/main"}, "refs/heads/topic", true},
		{"a short name is the whole short name", []string{"main"}, "refs/heads/feature/main", false},
		{"the prefix is no branch", []string{"refs/heads/"}, "refs/heads/main", false},
		{"a branch may begin with an exclamation mark", []string{"refs/heads/!main"}, "refs/heads/!main", true},
		{"and then it excludes nothing", []string{"refs/heads/!main"}, "refs/heads/topic", false},
		{"other refs keep their name", []string{"refs/tags/*"}, "refs/tags/v1", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := branches(t, tt.items...).Match(tt.on); got != tt.want {
				t.Errorf("patterns %q on %q: got %t, want %t", tt.items, tt.on, got, tt.want)
			}
		})
	}
}

func TestPolicyPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name              string
		items             []string
		display, pipeline string
		id                int
		want              bool
	}{
		{"no pattern", nil, "Build", "ci", 7, true},
		{"the display name", []string{"build"}, "Build", "ci", 7, true},
		{"the pipeline's name beside a display name", []string{"CI"}, "Build", "ci", 7, true},
		{"the pipeline's name alone", []string{"ci*"}, "", "ci-main", 7, true},
		{"neither name", []string{"nightly"}, "Build", "ci", 7, false},
		{"digits are the pipeline's ID", []string{"7"}, "Build", "ci", 7, true},
		{"leading zeros are the same number", []string{"007"}, "Build", "ci", 7, true},
		{"digits are another pipeline's ID", []string{"8"}, "Build", "ci", 7, false},
		{"digits are no display name", []string{"4711"}, "4711", "ci", 7, false},
		{"digits are no pipeline name", []string{"4711"}, "Build", "4711", 7, false},
		{"digits and a star are a name", []string{"4711*"}, "4711", "ci", 7, true},
		{"a star finds no ID", []string{"471*"}, "Build", "ci", 4711, false},
		{"an ID or a name: the name", []string{"8", "build"}, "Build", "ci", 7, true},
		{"an ID or a name: the ID", []string{"7", "nightly"}, "Build", "ci", 7, true},
		{"an excluded ID", []string{"!4711"}, "Build", "ci", 4711, false},
		{"an excluded ID is no name", []string{"!4711"}, "4711", "4711", 7, true},
		{"an excluded ID wins over an included name", []string{"build", "!4711"}, "Build", "ci", 4711, false},
		{"an excluded name wins over an included ID", []string{"7", "!build"}, "Build", "ci", 7, false},
		{"an excluded pipeline name wins over a display name", []string{"build", "!ci"}, "Build", "ci", 7, false},
		{"an excluded ID leaves the rest", []string{"!4711"}, "Build", "ci", 7, true},
		{"no name at all is one of *", []string{"*"}, "", "", 7, true},
		{"no name at all is not one of ?*", []string{"?*"}, "", "", 7, false},
		{"no name at all can be excluded", []string{"!*"}, "", "", 7, false},
		{"a missing name does not match beside a name", []string{"!" + "?"}, "Build", "", 7, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := policies(t, tt.items...).Match(tt.display, tt.pipeline, tt.id); got != tt.want {
				t.Errorf("patterns %q on %q, %q, %d: got %t, want %t", tt.items, tt.display, tt.pipeline, tt.id, got, tt.want)
			}
		})
	}
}

func TestRepositoryPatterns(t *testing.T) {
	t.Parallel()
	inShop := func(name string) requeue.Repository {
		return requeue.Repository{ID: id(2), Name: name, Project: project}
	}
	elsewhere := requeue.Repository{ID: id(4), Name: "tea", Project: requeue.Project{ID: id(5), Name: "Field Lab"}}
	tests := []struct {
		name  string
		items []string
		on    requeue.Repository
		want  bool
	}{
		{"a name", []string{"tea"}, inShop("tea"), true},
		{"a name in another case", []string{"TEA"}, inShop("tea"), true},
		{"another name", []string{"coffee"}, inShop("tea"), false},
		{"a name means this project", []string{"tea"}, elsewhere, false},
		{"a star means this project", []string{"*"}, elsewhere, false},
		{"a star is every repository of this project", []string{"*"}, inShop("tea"), true},
		{"an ID", []string{id(2).String()}, inShop("tea"), true},
		{"an ID in capitals", []string{strings.ToUpper(id(2).String())}, inShop("tea"), true},
		{"another ID", []string{id(3).String()}, inShop("tea"), false},
		{"an ID means this project", []string{id(4).String()}, elsewhere, false},
		{"project and repository", []string{"Field Lab/tea"}, elsewhere, true},
		{"project and repository in another case", []string{"field lab/TEA"}, elsewhere, true},
		{"blanks around the slash", []string{"Field Lab / tea"}, elsewhere, true},
		{"project ID and repository ID", []string{id(5).String() + "/" + id(4).String()}, elsewhere, true},
		{"another project", []string{"Other/tea"}, elsewhere, false},
		{"this project by name", []string{"shop/tea"}, inShop("tea"), true},
		{"a pattern within a project", []string{"Field Lab/t*"}, elsewhere, true},
		{"a pattern of projects", []string{"Field*/tea"}, elsewhere, true},
		{"everything visible: another project", []string{"*/*"}, elsewhere, true},
		{"everything visible: this project", []string{"*/*"}, inShop("tea"), true},
		{"an exclusion wins", []string{"*", "!tea"}, inShop("tea"), false},
		{"an exclusion wins before", []string{"!tea", "*"}, inShop("tea"), false},
		{"an exclusion means this project", []string{"*/*", "!tea"}, elsewhere, true},
		{"an exclusion in another project", []string{"*/*", "!Field Lab/*"}, elsewhere, false},
		{"only exclusions mean the rest of this project", []string{"!coffee"}, inShop("tea"), true},
		{"only exclusions do not reach other projects", []string{"!coffee"}, elsewhere, false},
		{"nothing is every repository of this project", nil, inShop("tea"), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := requeue.NewRepositoryPatterns(tt.items)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Match(tt.on, project); got != tt.want {
				t.Errorf("patterns %q on %s/%s: got %t, want %t", tt.items, tt.on.Project.Name, tt.on.Name, got, tt.want)
			}
			byName := requeue.Project{Name: "SHOP"} // a run that knows its project's name alone
			if got := p.Match(tt.on, byName); got != tt.want {
				t.Errorf("patterns %q on %s/%s by name: got %t, want %t", tt.items, tt.on.Project.Name, tt.on.Name, got, tt.want)
			}
		})
	}
}

func TestRepositoryItem(t *testing.T) {
	t.Parallel()
	tests := []struct {
		item                    string
		named, projectIsPattern bool
	}{
		{"tea", true, false},
		{"Field Lab/tea", true, false},
		{"!tea", false, false},
		{"t*", false, false},
		{"te?", false, false},
		{"Field*/tea", false, true},
		{"Field Lab/*", false, false},
		{"*/*", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.item, func(t *testing.T) {
			t.Parallel()
			p, err := requeue.NewRepositoryPatterns([]string{tt.item})
			if err != nil {
				t.Fatal(err)
			}
			item := p.Items[0]
			if item.Named() != tt.named || item.ProjectIsPattern() != tt.projectIsPattern {
				t.Errorf("named %t, project is pattern %t; want %t, %t", item.Named(), item.ProjectIsPattern(), tt.named, tt.projectIsPattern)
			}
			if "!"+item.Text != tt.item && item.Text != tt.item {
				t.Errorf("text %q", item.Text)
			}
		})
	}
}

func TestPatternFaults(t *testing.T) {
	t.Parallel()
	anyOf := func(items []string) error { _, err := requeue.NewPatterns(items); return err }
	branchesOf := func(items []string) error { _, err := requeue.NewBranchPatterns(items); return err }
	policiesOf := func(items []string) error { _, err := requeue.NewPolicyPatterns(items); return err }
	repositoriesOf := func(items []string) error { _, err := requeue.NewRepositoryPatterns(items); return err }
	tests := []struct {
		name  string
		parse func([]string) error
		item  string
	}{
		{"names: a bare exclamation mark", anyOf, "!"},
		{"names: an exclamation mark and blanks", anyOf, " ! "},
		{"branches: a bare exclamation mark", branchesOf, "!"},
		{"policies: a bare exclamation mark", policiesOf, "!"},
		{"policies: no pipeline has the number 0", policiesOf, "0"},
		{"policies: too large a number", policiesOf, "2147483648"},
		{"policies: far too large a number", policiesOf, "!99999999999999999999"},
		{"repositories: a bare exclamation mark", repositoriesOf, "!"},
		{"repositories: two slashes", repositoriesOf, "a/b/c"},
		{"repositories: no project", repositoriesOf, "/tea"},
		{"repositories: no repository", repositoriesOf, "Shop/ "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.parse([]string{"fine", tt.item}); err == nil {
				t.Errorf("%q is no fault", tt.item)
			}
		})
	}
	if err := policiesOf([]string{"2147483647"}); err != nil {
		t.Errorf("the largest pipeline ID: %v", err)
	}
}

func FuzzPatterns(f *testing.F) {
	for _, pattern := range []string{"main", "release/*", "v?", "*", "!x", "!", "", " ", `\*`, `a\`, "[", "ſK", "4711", "!0", "refs/heads/!x", "a/b/c", "\xff*", "*a*b*c*?"} {
		for _, name := range []string{"main", "release/1", "v1", "", `\x`, "Sk", "\xff", "aXbYcZ"} {
			f.Add(pattern, name)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 1000 || len(name) > 1000 {
			t.Skip("longer than any name")
		}
		if b, err := requeue.NewBranchPatterns([]string{pattern}); err == nil {
			b.Match(name)
		}
		if p, err := requeue.NewPolicyPatterns([]string{pattern}); err == nil {
			p.Match(name, name, len(name))
		}
		if r, err := requeue.NewRepositoryPatterns([]string{pattern}); err == nil {
			r.Match(requeue.Repository{Name: name}, project)
		}
		p, err := requeue.NewPatterns([]string{pattern})
		text := strings.TrimSpace(pattern)
		if err != nil {
			if strings.TrimSpace(strings.TrimPrefix(text, "!")) != "" {
				t.Fatalf("%q is a fault: %v", pattern, err)
			}
			return
		}
		if !utf8.ValidString(pattern) || !utf8.ValidString(name) || strings.HasPrefix(text, "!") {
			p.Match(name)
			return
		}
		if got, want := p.Match(name), globMatches([]rune(text), []rune(name)); got != want {
			t.Errorf("pattern %q on %q: got %t, want %t", text, name, got, want)
		}
		if !p.Match(text) && !strings.ContainsAny(text, "?") {
			t.Errorf("pattern %q does not match itself", text)
		}
		excluded, err := requeue.NewPatterns([]string{"!" + text})
		if err != nil || excluded.Match(name) == p.Match(name) {
			t.Errorf("excluding %q is not the opposite of including it on %q (%v)", text, name, err)
		}
		if !strings.HasPrefix(strings.ToLower(text), "refs/heads/") {
			b, err := requeue.NewBranchPatterns([]string{text})
			if err != nil || b.Match("refs/heads/"+name) != p.Match(name) {
				t.Errorf("branch pattern %q on %q differs (%v)", text, name, err)
			}
		}
	})
}

// globMatches says what a pattern means, letter by letter: reach[i] is true where what came so far can match name[:i].
func globMatches(pattern, name []rune) bool {
	reach := make([]bool, len(name)+1)
	reach[0] = true
	for _, p := range pattern {
		next := make([]bool, len(name)+1)
		for i := range next {
			switch {
			case p == '*':
				next[i] = reach[i] || i > 0 && next[i-1]
			case i > 0:
				next[i] = reach[i-1] && (p == '?' || folds(p, name[i-1]))
			}
		}
		reach = next
	}
	return reach[len(name)]
}

// folds reports whether two letters are one under simple folding.
func folds(a, b rune) bool {
	for r := unicode.SimpleFold(a); r != a; r = unicode.SimpleFold(r) {
		if r == b {
			return true
		}
	}
	return a == b
}

func TestSelectsAll(t *testing.T) {
	t.Parallel()
	tests := []struct {
		items []string
		want  bool
	}{
		{nil, false},
		{[]string{"*"}, true},
		{[]string{"!tea", "*/*"}, true},
		{[]string{"tea", "t*"}, false},
		{[]string{"!*"}, false},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.items, ","), func(t *testing.T) {
			t.Parallel()
			p, err := requeue.NewRepositoryPatterns(tt.items)
			if err != nil || p.SelectsAll() != tt.want {
				t.Errorf("got %t (%v), want %t", p.SelectsAll(), err, tt.want)
			}
		})
	}
}
