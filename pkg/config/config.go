package config

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/sethvargo/go-envconfig"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Config is a step's environment, read and checked.
type Config struct {
	// CollectionURL is the organization or the collection that the job's token belongs to, without a trailing slash.
	CollectionURL string
	// Project is the run's own project; the zero value where Connection.Organization is set, since it lives elsewhere.
	Project requeue.Project
	// Token is the job's own token, or the one that a person handed over on a laptop.
	Token agent.Secret
	// Secrets are to be masked before anything else is written. They are there even when Load returns faults.
	Secrets []agent.Secret
	// Agent says that an agent reads the output, so that logging commands have a meaning.
	Agent bool
	// Debug is the variable System.Debug.
	Debug bool

	// Repositories is the input repositories; no items: RunRepository, or any of the project with PullRequestIDs.
	Repositories requeue.RepositoryPatterns
	// RunRepository is the repository of this run; the zero value where it is not in Azure Repos.
	RunRepository RunRepository
	// PullRequestIDs is the input pullRequestIds, without duplicates.
	PullRequestIDs []int
	// ValidatesPullRequest is the pull request that this run validates and is limited to; else 0.
	ValidatesPullRequest int
	// Rules are the inputs that decide.
	Rules requeue.Rules

	// DryRun plans and reports only. Default false.
	DryRun bool
	// Wait follows what was re-queued to its end, for WaitTimeout at most. Defaults false, 45m.
	Wait        bool
	WaitTimeout time.Duration
	// Results are the inputs that decide on the result of the run.
	Results requeue.ResultRules
	// Comment says when a pull request gets a comment. Default never.
	Comment Comment
	// Author is the run that writes the comments.
	Author Author
	// ReportPath is where the report goes; "" is a new file under TempDirectory. It is relative only where the
	// environment names no working directory.
	ReportPath string
	// RecordPath is where the recording goes; "" is nowhere. It is relative only where ReportPath is.
	RecordPath string
	// TempDirectory is the agent's folder for temporary files; "" outside an agent.
	TempDirectory string
	// Concurrency is how many requests may be under way at once. Default 8.
	Concurrency int

	Connection Connection
	Network    agent.Network

	// Inputs are those that are not blank, as they were typed, in the order of the definition.
	Inputs []Input
	// Warnings are about things that do not stop the run, and that people should know.
	Warnings []string
	// Effective are lines for the head of the log: scope, states and limits always, other inputs where they differ from
	// their default. They quote what somebody typed.
	Effective []string
}

// Author is a run as the readers of a comment know it. On a laptop it is the zero value.
type Author struct {
	// Pipeline is the name of the pipeline, or of the classic release's.
	Pipeline string
	// URL is the browser page of the run; "" is unknown.
	URL string
}

// Input is an input of the task by the name that people type.
type Input struct{ Name, Value string }

// RunRepository is the repository that the run was started for.
type RunRepository struct {
	ID, Name string // one of them may be ""
	// Project is the repository's project, which need not be the run's own; its ID or its name may be missing.
	Project requeue.Project
}

// Comment is a value of the input comment.
type Comment string

// The values of the input comment.
const (
	CommentNever     Comment = "never"
	CommentExhausted Comment = "exhausted"
	CommentAlways    Comment = "always"
)

// Connection says with which identity, and in which organization, the run works.
type Connection struct {
	// Organization is the input organization without a trailing slash; "" is the run's own, CollectionURL.
	Organization string
	// ServiceConnection replaces the job's token; nil where the input azureSubscription is blank.
	ServiceConnection *ServiceConnection
	// OIDCRequestURI is where the job's token is exchanged for an assertion of ServiceConnection, without a query; ""
	// where there is none. It belongs to the organization of CollectionURL.
	OIDCRequestURI string
}

// ServiceConnection is an Azure service connection with workload identity federation.
type ServiceConnection struct {
	ID, TenantID, ClientID string
	// AuthorityURL is where the assertion is exchanged for a token; "" is the public cloud.
	AuthorityURL string
}

// loader is the work of Load.
type loader struct {
	faults
	agent  agent.Environment
	in     inputs
	env    environment
	lookup envconfig.Lookuper
	given  map[string]bool // inputs that are not blank
	cfg    Config
	// collection is Config.CollectionURL taken apart; the zero value if it cannot be used.
	collection serviceURL
}

// Load reads the environment. The error holds every fault at once, see Faults; Agent, Debug and Secrets of the Config
// can be relied on even then. Misspelt inputs are found in agent.Variables only, since no other lookuper can be listed.
func Load(ctx context.Context, env envconfig.Lookuper) (Config, error) {
	if env == nil {
		return Config{}, envconfig.ErrLookuperNil
	}
	l := loader{agent: agent.NewEnvironment(env), given: make(map[string]bool)}
	l.lookup = blankIsUnset(l.agent)
	for _, target := range []any{&l.in, &l.env} {
		if err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: target, Lookuper: l.lookup}); err != nil {
			return Config{}, fmt.Errorf("decode the environment: %w", err)
		}
	}
	names := l.checkTexts()
	l.cfg.Agent, l.cfg.Debug = l.agent.OnAgent(), l.agent.Debug()
	l.cfg.TempDirectory = l.env.TempDirectory

	if all, ok := env.(agent.Variables); ok {
		l.refuseMisspelt(all)
	}
	l.readIdentity()
	l.refusePersonal()
	l.readCollection()
	l.readConnection()
	l.refuseAliases()
	l.readRules()
	l.readRun()
	l.readScope()
	l.readNetwork()
	if err := l.err(names); err != nil {
		return l.cfg, err
	}
	l.cfg.Effective = l.effective()
	for _, f := range l.in.fields() {
		if l.given[f.name] {
			l.cfg.Inputs = append(l.cfg.Inputs, Input{f.name, *f.value})
		}
	}
	return l.cfg, nil
}

// checkTexts looks at every input before it is parsed, and goes on with the default of one that cannot be used. It
// returns the names in order.
func (l *loader) checkTexts() []string {
	var names []string
	for _, f := range l.in.fields() {
		names = append(names, f.name)
		if _, found := l.lookup.Lookup(f.env); !found {
			continue
		}
		l.given[f.name] = true
		switch macro, left := agent.Unresolved(*f.value); {
		case !utf8.ValidString(*f.value):
			l.add(f.name, "%s is not valid UTF-8", quote(*f.value))
		case left:
			l.add(f.name, "%s", unresolved(f.name, macro))
		default:
			continue
		}
		*f.value = f.defaultValue
	}
	return names
}

// unresolved words the fault of a value in which the agent left a "$(name)", or what it takes for one.
func unresolved(input, macro string) string {
	text := "it still contains " + quote(macro) + ": "
	switch input {
	case "pullRequestIds":
		return text + "the run has no such variable; give the step condition: eq(variables['Build.Reason'], 'PullRequest'), or leave the input blank"
	case "retryOnlyIf", "neverRetryIf":
		return text + `the run has no such variable; for a literal "$(" write \$\(, for the end of a text before a group \z(`
	}
	return text + "the run has no such variable; define it, or leave the input blank"
}

// get reads a variable whose name is only known at run time.
func (l *loader) get(key string) string {
	value, _ := l.lookup.Lookup(key)
	return value
}
