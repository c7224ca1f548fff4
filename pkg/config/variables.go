package config

import (
	"reflect"
	"strings"

	"github.com/sethvargo/go-envconfig"

	"github.com/pr-evaluations/reschedule/pkg/agent"
)

// environment is what the service says about the run, and what stands in for it on a laptop. What the agent is to every
// task is not among it, see agent.Environment.
type environment struct {
	CollectionURI  string `env:"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"`
	OIDCRequestURI string `env:"SYSTEM_OIDCREQUESTURI"`

	HostType      string `env:"SYSTEM_HOSTTYPE"`
	Project       string `env:"SYSTEM_TEAMPROJECT"`
	ProjectID     string `env:"SYSTEM_TEAMPROJECTID"`
	DefinitionID  string `env:"SYSTEM_DEFINITIONID"`
	BuildID       string `env:"BUILD_BUILDID"`
	Pipeline      string `env:"BUILD_DEFINITIONNAME"`
	Release       string `env:"RELEASE_DEFINITIONNAME"`
	ReleaseURL    string `env:"RELEASE_RELEASEWEBURL"`
	PullRequestID string `env:"SYSTEM_PULLREQUEST_PULLREQUESTID"`
	JobPosition   string `env:"SYSTEM_JOBPOSITIONINPHASE"`
	TotalJobs     string `env:"SYSTEM_TOTALJOBSINPHASE"`
	BuildReason   string `env:"BUILD_REASON"`
	Repository    struct {
		Provider string `env:"BUILD_REPOSITORY_PROVIDER"`
		ID       string `env:"BUILD_REPOSITORY_ID"`
		Name     string `env:"BUILD_REPOSITORY_NAME"`
		URI      string `env:"BUILD_REPOSITORY_URI"`
	}
	PrimaryArtifact string `env:"RELEASE_PRIMARYARTIFACTSOURCEALIAS"`

	DefaultWorkingDirectory string `env:"SYSTEM_DEFAULTWORKINGDIRECTORY"`
	TempDirectory           string `env:"AGENT_TEMPDIRECTORY"`
}

// field is one input seen by its tags.
type field struct {
	name         string // as people type it
	env          string
	defaultValue string
	list         string // "", "comma" or "line"
	value        *string
}

// fields returns every input in order. The values point into in.
func (in *inputs) fields() []field {
	structure := reflect.ValueOf(in).Elem()
	fields := make([]field, structure.NumField())
	for i := range fields {
		tag := structure.Type().Field(i).Tag
		env, option, _ := strings.Cut(tag.Get("env"), ",")
		fields[i] = field{
			name:         tag.Get("input"),
			env:          env,
			defaultValue: strings.TrimPrefix(option, "default="),
			list:         tag.Get("list"),
			value:        structure.Field(i).Addr().Interface().(*string),
		}
	}
	return fields
}

// blankIsUnset hides blank variables from envconfig, which takes an empty variable for a set one. A list of nothing but
// separators is blank, too.
func blankIsUnset(env agent.Environment) envconfig.Lookuper {
	commaLists := make(map[string]bool)
	for _, f := range new(inputs).fields() {
		commaLists[f.env] = f.list == "comma"
	}
	return envconfig.LookuperFunc(func(key string) (string, bool) {
		value, found := env.Lookup(key)
		if commaLists[key] && len(splitList(value, "comma")) == 0 {
			return "", false
		}
		return value, found
	})
}
