package azdo

import (
	"bytes"
	"context"
	"encoding/json"
	"hash/maphash"
	"net/url"
	"sync"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/policy"

	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// Policies returns the build policies of a project, by its ID or name, disabled and deleted ones included, as far as the
// identity sees them: what is missing may exist all the same.
//
// It asks for policy/configurations, without the scope that is kept for old clients: the list of that name below git
// holds no branch policy at all where neither a repository nor a branch is named (rest-api-specs, git 5.0 to 7.2). The
// server pages as it likes: $top, like the token, came with version 6.0.
func (c *Client) Policies(ctx context.Context, project string) ([]*requeue.Policy, error) {
	k := call{op: "list policies of project " + oneLine(project), name: "policies", area: areaCode}
	wire, _, err := continued(k, nil, func(token string) ([]wirePolicy, string, error) { return c.policiesPage(ctx, k, project, token) })
	if err != nil {
		return nil, err
	}
	key, _ := uuid.Parse(project) // a name: the zero value, which shares nothing
	var found []*requeue.Policy
	for i := range wire {
		if p := wire[i].policy(&c.policies, key); p.IsBuild() {
			found = append(found, p)
		}
	}
	return found, nil
}

var buildPolicyType = uuid.MustParse(requeue.BuildPolicyType)

type wirePolicy struct {
	ID       number `json:"id"`
	Revision number `json:"revision"`
	Enabled  flag   `json:"isEnabled"`
	Deleted  flag   `json:"isDeleted"`
	Blocking flag   `json:"isBlocking"`
	Type     object[struct {
		ID   guid `json:"id"`
		Name text `json:"displayName"`
	}] `json:"type"`
	Settings raw `json:"settings"` // decoded once per policy
}

type wireSettings struct {
	PipelineID       number           `json:"buildDefinitionId"`
	DisplayName      text             `json:"displayName"`
	ManualOnly       flag             `json:"manualQueueOnly"`
	SourceUpdateOnly flag             `json:"queueOnSourceUpdateOnly"`
	ValidDuration    decimal          `json:"validDuration"`
	Scopes           array[wireScope] `json:"scope"`
}

type wireScope struct {
	RepositoryID guid `json:"repositoryId"`
	RefName      text `json:"refName"`
	MatchKind    text `json:"matchKind"`
}

// policiesPage reads one page, and the token of the next. The SDK's method for it returns that token and does not take it.
func (c *Client) policiesPage(ctx context.Context, k call, project, token string) ([]wirePolicy, string, error) {
	query := url.Values{"policyType": {requeue.BuildPolicyType}}
	if token != "" {
		query.Set("continuationToken", token)
	}
	r := request{location: locPolicyConfigurations, version: "7.1-preview.1", route: map[string]string{"project": project}, query: query, call: k}
	next := ""
	page, err := ask(ctx, c, &r, func(a *answer) ([]wirePolicy, error) {
		next = a.header.Get(azuredevops.HeaderKeyContinuationToken)
		return decodeList[wirePolicy](a.Reader)
	})
	return page, next, err
}

// wireConfiguration is a configuration of the SDK in the shape in which the lists are read.
func wireConfiguration(p *policy.PolicyConfiguration, found *notes) wirePolicy {
	const at = "configuration."
	w := wirePolicy{
		ID:       numberOf(p.Id, found.is(at+"id")),
		Revision: numberOf(p.Revision, found.is(at+"revision")),
		Enabled:  flagOf(p.IsEnabled, found.is(at+"isEnabled")),
		Deleted:  flagOf(p.IsDeleted, found.is(at+"isDeleted")),
		Blocking: flagOf(p.IsBlocking, found.is(at+"isBlocking")),
	}
	w.Type.bad = found.is(at + "type")
	if p.Type != nil {
		w.Type.set = true
		w.Type.v.ID = guid{valueOf(p.Type.Id), found.is(at + "type.id")}
		w.Type.v.Name = text{valueOf(p.Type.DisplayName), found.is(at + "type.displayName")}
	}
	if p.Settings != nil {
		w.Settings, _ = json.Marshal(p.Settings) // it came as JSON
	}
	return w
}

// policy converts a configuration. An absent isEnabled means enabled, since every configuration is created so; an
// absent isBlocking means optional, since absent is not true.
func (w *wirePolicy) policy(known *policies, project uuid.UUID) *requeue.Policy {
	malformed := firstBad(
		field{"id", w.ID.bad},
		field{"isEnabled", w.Enabled.bad},
		field{"isDeleted", w.Deleted.bad},
		field{"isBlocking", w.Blocking.bad},
		field{"type", w.Type.bad || w.Type.v.ID.bad},
	)
	key := policyKey{project, w.ID.n, w.Revision.n, w.Enabled.v, w.Deleted.v, w.Type.v.ID.v, maphash.Bytes(settingsSeed, w.Settings)}
	if malformed != "" {
		key = policyKey{} // an odd copy is shared with nobody: a whole one would hide what is odd
	}
	return known.intern(key, func() *requeue.Policy {
		p := &requeue.Policy{
			ID:        w.ID.n,
			TypeID:    w.Type.v.ID.v,
			TypeName:  w.Type.v.Name.s,
			Enabled:   w.Enabled.v || !w.Enabled.set || w.Enabled.bad,
			Deleted:   w.Deleted.v,
			Blocking:  w.Blocking.v,
			Malformed: malformed,
		}
		if p.TypeID == buildPolicyType || p.TypeID == uuid.Nil && p.Malformed == "" {
			// The settings of other types mean other things and decide nothing here.
			w.fillSettings(p)
		}
		return p
	})
}

func (w *wirePolicy) fillSettings(p *requeue.Policy) {
	var settings object[wireSettings]
	if len(w.Settings) > 0 {
		_ = unmarshal(bytes.NewBuffer(w.Settings), &settings) // its syntax was seen to before
	}
	s := &settings.v
	p.PipelineID = s.PipelineID.n
	p.DisplayName = s.DisplayName.s
	if p.Malformed == "" {
		p.Malformed = firstBad(field{"settings", settings.bad}, field{"settings.buildDefinitionId", s.PipelineID.bad})
	}
	if !p.IsBuild() {
		return // a policy without a type and without a pipeline
	}
	p.ManualQueueOnly = s.ManualOnly.v
	p.QueueOnSourceUpdateOnly = s.SourceUpdateOnly.v
	p.ValidDuration = s.ValidDuration.v
	for _, scope := range s.Scopes.v {
		s.Scopes.bad = s.Scopes.bad || scope.RepositoryID.bad || scope.RefName.bad || scope.MatchKind.bad
		p.Scopes = append(p.Scopes, requeue.PolicyScope{RepositoryID: scope.RepositoryID.v, RefName: scope.RefName.s, MatchKind: scope.MatchKind.s})
	}
	if s.Scopes.bad {
		p.Scopes = nil // unknown, which is taken as every branch
	}
	p.MalformedExpiry = s.SourceUpdateOnly.bad
	if p.Malformed == "" {
		p.Malformed = firstBad(field{"settings.manualQueueOnly", s.ManualOnly.bad})
	}
}

// policies keeps one value for each policy configuration, for the thousands of evaluations that embed it.
type policies struct {
	mu   sync.Mutex
	seen map[policyKey]*requeue.Policy
}

type policyKey struct {
	project          uuid.UUID
	id, revision     int
	enabled, deleted bool
	kind             uuid.UUID
	settings         uint64 // a hash: a whole copy must not hide that the settings of another one are odd
}

var settingsSeed = maphash.MakeSeed()

// intern returns the policy of this key, making it if it is new. A configuration's revision grows with every change.
func (p *policies) intern(key policyKey, build func() *requeue.Policy) *requeue.Policy {
	if key.project == uuid.Nil || key.id == 0 || key.revision == 0 {
		return build()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.seen[key]
	if !ok {
		if p.seen == nil {
			p.seen = make(map[policyKey]*requeue.Policy)
		}
		known = build()
		p.seen[key] = known
	}
	return known
}
