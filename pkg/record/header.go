package record

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// Run is what a run was told, for the first line of a recording: a replay gives it to the run that it makes.
type Run struct {
	// Version is the product's; At is the run's own now.
	Version string
	At      time.Time
	// Project and Repository are the run's own; the repository's ID and name are "" where it has none in Azure Repos.
	Project    Project
	Repository Repository
	// Validates is the pull request that the run validates, Pipeline its own pipeline; 0 for none.
	Validates, Pipeline int
	// Position and Total are the job's share; 0 for all.
	Position, Total int
	// Foreign says that the run works in another organization than its own.
	Foreign bool
	// Inputs are those that are not blank.
	Inputs []Input
}

// Project is a project by its GUID and its name, either of which may be "".
type Project struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// Repository is a repository in a project.
type Repository struct {
	ID      string  `json:"id,omitempty"`
	Name    string  `json:"name,omitempty"`
	Project Project `json:"project,omitzero"`
}

// Input is an input of the task as it was typed.
type Input struct{ Name, Value string }

// Begin writes the first line.
func (r *Recorder) Begin(run Run) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := &r.neutral
	type wireRun struct {
		Project    Project    `json:"project,omitzero"`
		Repository Repository `json:"repository,omitzero"`
		Validates  int        `json:"validates,omitempty"`
		Pipeline   int        `json:"pipeline,omitempty"`
		Slice      []int      `json:"slice,omitempty"`
		Foreign    bool       `json:"foreign,omitempty"`
	}
	line := struct {
		Recording int               `json:"recording"`
		Version   string            `json:"version"`
		At        string            `json:"at"`
		Run       wireRun           `json:"run"`
		Inputs    map[string]string `json:"inputs"`
	}{version, run.Version, run.At.UTC().Format(timeFormat), wireRun{
		Project: n.project(run.Project), Validates: run.Validates, Pipeline: run.Pipeline, Foreign: run.Foreign,
		Repository: Repository{
			n.name(kindRepository, run.Repository.ID), n.name(kindRepository, run.Repository.Name), n.project(run.Repository.Project),
		},
	}, map[string]string{}}
	if run.Total > 1 {
		line.Run.Slice = []int{run.Position, run.Total}
	}
	for _, input := range run.Inputs {
		if value := n.input(input.Name, input.Value); value != "" {
			line.Inputs[input.Name] = value
		}
	}
	encoded, err := json.Marshal(line)
	if err != nil {
		return err
	}
	return r.write(encoded)
}

func (n *neutral) project(p Project) Project {
	return Project{n.name(kindProject, p.ID), n.name(kindProject, p.Name)}
}

// input is the neutral form of an input; "" leaves it out. Its closed words, numbers and durations were checked before.
func (n *neutral) input(name, value string) string {
	switch name {
	case "repositories":
		return items(value, ",\n", n.repository)
	case "targetBranches", "sourceBranches":
		return items(value, ",\n", n.branch)
	case "labels":
		return items(value, ",\n", n.pattern(kindLabel))
	case "authors":
		return items(value, "\n", n.pattern(kindPerson))
	case "titles":
		return items(value, "\n", n.pattern(kindTitle))
	case "policies":
		return items(value, "\n", n.pattern(kindPolicy))
	case "retryOnlyIf", "neverRetryIf":
		return items(value, "\n", n.expression)
	case "order":
		return items(value, ",\n", n.order)
	case "organization", "azureSubscription", "reportPath", "recordPath":
		return ""
	}
	return items(value, ",\n", n.word)
}

// words are what the inputs of a closed set may hold, in lower case.
const words = " true false skip include only all required optional expired failed broken notstarted outdated expiring targetrecovered " +
	"autocomplete approved nootherblockers stalest oldest newest probe auto ignore warn fail never exhausted always "

// word passes a word of ours, a number and a duration.
func (n *neutral) word(item string) string {
	if duration.MatchString(item) || isASCII(item) && !strings.Contains(item, " ") && strings.Contains(words, " "+strings.ToLower(item)+" ") {
		return item
	}
	return n.name(kindText, item)
}

var duration = regexp.MustCompile(`^(?:[0-9]{1,10}|(?:[0-9]{1,10}[dhms]){1,4})$`)

// items treats each item of a list and joins them by new lines, which every list takes.
func items(value, separators string, neutral func(string) string) string {
	var out []string
	for item := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(separators+"\r", r) }) {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, neutral(item))
		}
	}
	return strings.Join(out, "\n")
}

// repository is "name" or "project/name", perhaps as an exclusion.
func (n *neutral) repository(item string) string {
	not, item := exclusion(item)
	project, name, found := strings.Cut(item, "/")
	if !found {
		return not + n.literal(kindRepository, item)
	}
	return not + n.literal(kindProject, strings.TrimSpace(project)) + "/" + n.literal(kindRepository, strings.TrimSpace(name))
}

// branch treats each part between slashes by itself, as those of a ref.
func (n *neutral) branch(item string) string {
	not, item := exclusion(item)
	prefix := ""
	if rest, ok := strings.CutPrefix(item, "refs/heads/"); ok {
		prefix, item = "refs/heads/", rest
	}
	parts := strings.Split(item, "/")
	for i, part := range parts {
		parts[i] = n.literal(kindBranch, part)
	}
	return not + prefix + strings.Join(parts, "/")
}

func (n *neutral) pattern(kind string) func(string) string {
	return func(item string) string {
		not, item := exclusion(item)
		if kind == kindPolicy && isNumber(item) { // a pipeline
			return not + item
		}
		return not + n.literal(kind, item)
	}
}

// expression passes the named sets; other regular expressions look into texts that a recording does not hold.
func (n *neutral) expression(item string) string {
	switch strings.ToLower(item) {
	case "@agent", "@network", "@registry", "@disk", "@infrastructure":
		return item
	}
	return n.name(kindText, item)
}

func (n *neutral) order(item string) string {
	if label, ok := strings.CutPrefix(item, "label:"); ok {
		return "label:" + n.literal(kindLabel, label)
	}
	return n.word(item)
}

// literal is the stand-in of a name. What has a wildcard inside has no equal in the recording and matches nothing there.
func (n *neutral) literal(kind, text string) string {
	switch {
	case text == "", strings.Trim(text, "*?") == "":
		return text
	case strings.ContainsAny(text, "*?"):
		return n.name(kindPattern, text)
	}
	return n.name(kind, text)
}

func exclusion(item string) (not, rest string) {
	if rest, ok := strings.CutPrefix(item, "!"); ok {
		return "!", strings.TrimSpace(rest)
	}
	return "", item
}
