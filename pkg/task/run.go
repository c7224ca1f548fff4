package task

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/sethvargo/go-envconfig"

	"github.com/pr-evaluations/reschedule/pkg/agent"
	"github.com/pr-evaluations/reschedule/pkg/azdo"
	"github.com/pr-evaluations/reschedule/pkg/config"
	"github.com/pr-evaluations/reschedule/pkg/report"
	"github.com/pr-evaluations/reschedule/pkg/requeue"
)

// runTime is the run's own deadline; time spent waiting comes on top. A step in a container is told nothing of a
// cancellation (moby/moby#9098), so this is what ends it.
const runTime = 50 * time.Minute

// readGCPercent and planGCPercent are how much garbage there may be, in percent of what is kept. All that is read is kept
// to the end, so the default of 100 would take twice the memory that is needed; planning needs all of it at its most.
const (
	readGCPercent = 80
	planGCPercent = 25
)

// Process is what the program is given by the system that starts it.
type Process struct {
	Env     envconfig.Lookuper
	Stdout  io.Writer
	Version string
	// Terminal says that people look at Stdout while it runs, Colour that it shows colours.
	Terminal, Colour bool
}

// Run does the whole job and returns the exit code: 0 succeeded, perhaps with issues; 1 failed; 2 bad input, and then
// not one request was sent. When ctx ends it begins nothing more, reports what was done and what was not, and returns 1.
func Run(ctx context.Context, p Process) (code int) {
	cfg, faults := config.Load(ctx, p.Env)
	log := report.New(agent.NewLog(p.Stdout, agent.LogOptions{Agent: cfg.Agent, Debug: cfg.Debug, Colour: p.Colour, Terminal: p.Terminal}), nil)
	log.Mask(secretsOf(cfg)...)
	defer func() {
		if problem := recover(); problem != nil {
			log.Error(fmt.Sprintf("Internal error, please report it: %v", problem))
			log.Debugf("%s", debug.Stack())
			code = exitFailed
		}
		log.FlushIssues()
		if code == exitFailed && cfg.RecordPath == "" && ctx.Err() == nil {
			log.Line("For a bug report run it again with recordPath, which records what the service answers with every name and text replaced: %s", report.RecordingURL)
		}
	}()
	files, err := report.OpenFiles(cfg.ReportPath, cfg.TempDirectory)
	if err != nil {
		faults = errors.Join(faults, config.Fault{Input: "reportPath", Message: err.Error()})
	} else {
		// What was written is closed by then, and stays.
		defer func() { _ = files.Discard() }()
	}
	recording, err := report.OpenRecording(cfg.RecordPath, files)
	if err != nil {
		faults = errors.Join(faults, config.Fault{Input: "recordPath", Message: err.Error()})
	}
	defer func() { _ = recording.Close() }() // each line was written at once
	if faults != nil {
		all := config.Faults(faults)
		for _, fault := range all {
			log.Error(fault.Error())
		}
		if len(all) == 0 {
			log.Error(faults.Error())
		}
		return exitBadInput
	}
	for _, warning := range cfg.Warnings {
		log.Warning(warning)
	}
	log.Head(p.Version, cmp.Or(cfg.Connection.Organization, cfg.CollectionURL), cfg.Effective)

	debug.SetGCPercent(readGCPercent)
	r := &run{config: cfg, log: log, files: files, recording: recording, process: p, started: time.Now()}
	return r.line(ctx)
}

// run is one run of the task, after its configuration was found to be right.
type run struct {
	config    config.Config
	log       *report.Log
	files     *report.Files
	recording *report.Recording
	process   Process
	started   time.Time

	client   *azdo.Client
	identity requeue.Identity
	soFar    string // what was done, once something was; "" is nothing
}

// line is the straight line: discover, decide, plan, execute, follow, comment, report.
func (r *run) line(ctx context.Context) int {
	limit := runTime
	if r.config.Wait && !r.config.DryRun {
		limit += r.config.WaitTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	var err error
	if r.client, err = r.open(); err != nil {
		r.log.Error(err.Error())
		return exitFailed
	}
	if err := r.client.Connect(ctx); err != nil {
		return r.giveUp(ctx, err)
	}
	found := r.look(ctx)
	if ctx.Err() != nil {
		return r.giveUp(ctx, ctx.Err())
	}
	debug.SetGCPercent(planGCPercent)

	plan, facts := decide(ctx, r.client, &r.config.Rules, found.screened, found.early, r.config.Concurrency, r.started)
	if ctx.Err() != nil {
		return r.giveUp(ctx, ctx.Err())
	}
	r.warnOf(found, facts)
	r.log.Plan(plan, r.config.DryRun)
	if r.config.DryRun && len(r.config.PullRequestIDs) == 1 {
		r.log.Explain(plan)
	}

	var outcomes []requeue.Outcome
	if !r.config.DryRun {
		outcomes = r.execute(ctx, plan, facts)
		if r.config.Wait {
			r.follow(ctx, plan, outcomes)
		}
		r.comment(ctx, plan, outcomes)
	}
	return r.finish(found, plan, outcomes, ctx.Err() != nil)
}

// collection is the organization that the run works on: its own, or another that the inputs name.
func (r *run) collection() string {
	return cmp.Or(r.config.Connection.Organization, r.config.CollectionURL)
}

// open makes the client, with the job's token or the service connection's.
func (r *run) open() (*azdo.Client, error) {
	c := r.config
	network, err := network(c.Network)
	if err != nil {
		return nil, err
	}
	options := azdo.Options{
		CollectionURL: r.collection(),
		Token:         func(context.Context) (string, error) { return c.Token.Reveal(), nil },
		Concurrency:   c.Concurrency,
		Version:       r.process.Version,
		Network:       network,
		OnRequest: func(op string, status int, took time.Duration) {
			r.log.Debugf("%s: %d in %d ms", op, status, took.Milliseconds())
		},
		OnWait: func(reason string, d time.Duration) {
			r.log.Line("Waiting %s: %s", d.Round(100*time.Millisecond), reason)
		},
		OnWarning: r.log.Warning,
	}
	if s := c.Connection.ServiceConnection; s != nil {
		federation := azdo.Federation{
			TenantID: s.TenantID, ClientID: s.ClientID, ServiceConnectionID: s.ID, AuthorityURL: s.AuthorityURL,
			RequestURI: c.Connection.OIDCRequestURI, JobToken: c.Token.Reveal(), OnToken: func(token string) { r.log.Mask(token) },
		}
		if options.Token, err = federation.TokenSource(options.Network, r.log.Warning); err != nil {
			return nil, err
		}
	}
	r.record(&options)
	return azdo.Open(options)
}

// giveUp ends a run that has no plan.
func (r *run) giveUp(ctx context.Context, err error) int {
	if ctx.Err() != nil {
		r.log.Warning("The run was cancelled before its plan was made. Nothing was re-queued.")
		return exitFailed
	}
	r.log.Error(r.words(err))
	return exitFailed
}

// look asks who we are and what there is, both at once, and says so.
func (r *run) look(ctx context.Context) found {
	var identityErr error
	var asking sync.WaitGroup
	asking.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				identityErr = fmt.Errorf("internal error: %v", p)
			}
		}()
		r.identity, identityErr = r.client.Identity(ctx)
	})
	d := &discoverer{client: r.client, config: r.config, now: r.started}
	seen := d.discover(ctx)
	asking.Wait()
	if ctx.Err() == nil {
		r.log.Visible(r.identity.DisplayName, identityErr, len(seen.visible), len(seen.screened))
	}
	return seen
}

// warnOf says what is odd but harms nothing.
func (r *run) warnOf(f found, facts requeue.Facts) {
	for _, n := range f.notes {
		r.log.Warning(n.text + ": " + r.words(n.err))
	}
	for _, warning := range f.warnings {
		r.log.Warning(warning)
	}
	if len(f.visible) == 1 && r.config.ValidatesPullRequest == 0 && r.config.Repositories.SelectsAll() {
		r.log.Warning(fmt.Sprintf("Only one repository is visible (%s), although repositories selects all of them. "+
			"\"Protect access to repositories in YAML pipelines\" hides the others from the job's token: "+
			"name them under \"uses: repositories:\" of the job, or switch the setting off in the project's pipeline settings.", f.visible[0].Name))
	}
	builds, tellExpiry := 0, false
	for _, pr := range f.screened {
		for _, e := range pr.PullRequest.Evaluations {
			if e.IsBuild() && e.BuildID != 0 {
				builds++
				tellExpiry = tellExpiry || e.HasIsExpired
			}
		}
	}
	if builds > 0 && !tellExpiry {
		r.log.Warning("This server does not report whether a build has expired (no evaluation has context.isExpired). Only those are found that wait for a build which has ended, or whose age tells.")
	}
	unknown := map[uuid.UUID]bool{}
	for question, answer := range facts {
		if question.Kind == requeue.AskPipeline && answer.Err != nil && !unknown[question.ProjectID] {
			unknown[question.ProjectID] = true
			r.log.Line("The pipelines of a project could not be read (%s); whether one of them is disabled is not known.", r.words(answer.Err))
		}
	}
}

// newestBuilds is among how many builds of a pull request one that is on its way is looked for.
const newestBuilds = 20

// service is what execution and waiting ask of Azure DevOps, served by the client.
func (r *run) service() service {
	return service{
		pullRequest: func(ctx context.Context, pr *requeue.PullRequest) (requeue.PullRequest, error) {
			return r.client.PullRequest(ctx, pr.Repository.Project.ID.String(), pr.ID)
		},
		evaluation: r.client.Evaluation,
		evaluations: func(ctx context.Context, pr *requeue.PullRequest) ([]requeue.Evaluation, error) {
			return r.client.Evaluations(ctx, *pr, true)
		},
		requeue: r.client.Requeue,
		builds: func(ctx context.Context, a requeue.Action) ([]requeue.Build, error) {
			return r.client.Builds(ctx, azdo.BuildQuery{
				Project: a.PullRequest.Repository.Project.ID, PipelineID: a.Evaluation.Policy.PipelineID,
				RefName: requeue.MergeRefName(a.PullRequest.ID), Order: "queueTimeDescending", Top: newestBuilds,
			})
		},
		build: r.client.Build,
	}
}

func (r *run) execute(ctx context.Context, plan requeue.Plan, facts requeue.Facts) []requeue.Outcome {
	lines := inOrder{print: func(i int, o requeue.Outcome) { r.log.Outcome(plan.Actions[i], o) }}
	x := executor{
		service: r.service(), rules: r.config.Rules, facts: facts, concurrency: r.config.Concurrency, done: lines.add,
	}
	outcomes := x.execute(ctx, plan.Actions)
	lines.flush()
	counts := requeue.Summarize(plan, outcomes).Counts
	r.soFar = fmt.Sprintf("%d of %d planned evaluations were re-queued", counts.Requeued, counts.Planned)
	return outcomes
}

// inOrder prints outcomes in plan order, each as soon as those before it are known.
type inOrder struct {
	print func(i int, o requeue.Outcome)

	mu    sync.Mutex
	next  int
	known map[int]requeue.Outcome
}

func (p *inOrder) add(i int, o requeue.Outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[int]requeue.Outcome{}
	}
	p.known[i] = o
	for {
		o, ok := p.known[p.next]
		if !ok {
			return
		}
		p.print(p.next, o)
		delete(p.known, p.next)
		p.next++
	}
}

// flush prints what a cancelled run has left behind a gap.
func (p *inOrder) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range slices.Sorted(maps.Keys(p.known)) {
		p.print(i, p.known[i])
	}
}

func (r *run) follow(ctx context.Context, plan requeue.Plan, outcomes []requeue.Outcome) {
	total := 0
	for _, o := range outcomes {
		if o.Verdict == requeue.VerdictRequeued {
			total++
		}
	}
	w := follower{
		service: r.service(), rules: r.config.Rules, concurrency: r.config.Concurrency,
		changed: func(i int, o requeue.Outcome, open int) {
			r.log.Result(plan.Actions[i], o)
			r.log.Progress(100*(total-open)/total, fmt.Sprintf("%d of %d evaluations have their result", total-open, total))
		},
	}
	if total > 0 {
		r.log.Line("Waiting for their results, up to %s.", short(r.config.WaitTimeout))
	}
	unread := w.follow(ctx, plan.Actions, outcomes, r.config.WaitTimeout)
	if ctx.Err() != nil {
		return
	}
	var problems []report.Problem
	for _, i := range slices.Sorted(maps.Keys(unread)) {
		problems = append(problems, report.Problem{
			PullRequest: plan.Actions[i].PullRequest.ID, Text: "The result could not be read: " + r.words(unread[i]),
		})
	}
	for _, text := range report.GroupErrors(problems) {
		r.log.Warning(text)
	}
}

// finish reports, without the run's context: what was done is said also after a cancellation.
func (r *run) finish(f found, plan requeue.Plan, outcomes []requeue.Outcome, cancelled bool) int {
	summary := requeue.Summarize(plan, outcomes)
	problems := r.problems(f, plan, outcomes)
	end := ending{summary: summary, cancelled: cancelled}
	for _, p := range f.problems {
		end.missing = end.missing || p.missing
		end.problems = true
	}
	// For the files: what the log lets through an agent masks.
	hidden := agent.NewHider(secretsOf(r.config)...)
	words := func(err error) string { return hidden.Hide(r.words(err)) }
	whole := report.Run{
		GeneratedAt: r.started, Collection: r.collection(), Identity: r.identity.DisplayName,
		DryRun: r.config.DryRun, Waited: r.config.Wait && !r.config.DryRun,
		Plan: plan, Outcomes: outcomes, Summary: summary, Cancelled: cancelled,
		VisibleRepositories: len(f.visible), VisiblePullRequests: len(f.screened), Words: words,
	}
	for _, p := range f.problems {
		message := words(p.err)
		if p.pullRequest > 0 {
			message = fmt.Sprintf("pull request %d: %s", p.pullRequest, message)
		}
		whole.Errors = append(whole.Errors, report.RunError{Project: p.project, Repository: p.repository, Message: message})
	}
	r.log.Counts(summary)
	for _, text := range report.GroupErrors(problems) {
		r.log.Error(text)
	}
	for _, text := range report.GroupErrors(declines(plan, outcomes)) {
		r.log.Warning(text)
	}
	if cancelled {
		r.log.Warning(cancelText(plan, outcomes, summary))
	}
	if err := r.files.Write(whole); err != nil {
		r.log.Error(fmt.Sprintf("Write the report: %v", err))
		end.problems = true
	}
	verdict := judge(r.config, end)
	r.say(verdict, end)
	for _, v := range whole.Outputs(r.files.ReportPath(), whole.Waited) {
		r.log.SetVariable(v)
	}
	r.log.UploadSummary(r.files.SummaryPath())
	if verdict == failedRun {
		return exitFailed
	}
	if verdict == succeededWithIssues {
		r.log.CompleteWithIssues("Done, with issues.")
	}
	return exitOK
}

func cancelText(plan requeue.Plan, outcomes []requeue.Outcome, s requeue.Summary) string {
	notBegun := len(plan.Actions)
	for _, o := range outcomes {
		if o.Verdict != requeue.VerdictPlanned {
			notBegun--
		}
	}
	return fmt.Sprintf("The run was cancelled: %d of %d planned evaluations were re-queued, %d were not begun.",
		s.Counts.Requeued, s.Counts.Planned, notBegun)
}

// say adds an issue where the result has a cause that no line before has named.
func (r *run) say(verdict result, e ending) {
	c := e.summary.Counts
	switch {
	case nothing(e) && r.config.OnNothing == config.OnNothingFail:
		r.log.Error("There was nothing to re-queue, and onNothing is \"fail\".")
	case nothing(e) && r.config.OnNothing == config.OnNothingWarn:
		r.log.Warning("There was nothing to re-queue.")
	}
	if c.Pending > 0 {
		r.log.Warning(fmt.Sprintf("%d re-queued evaluation(s) have no result yet.", c.Pending))
	}
	if c.Rejected > 0 && r.config.FailOnRejected {
		r.log.Error(fmt.Sprintf("%d re-queued evaluation(s) were rejected, and failOnRejected is true.", c.Rejected))
	}
	if verdict == failedRun && c.Declined > 0 && c.Requeued == 0 && c.Failed == 0 && !e.problems && !e.cancelled {
		r.log.Error("Nothing was re-queued: the service took every request and started no build.")
	}
}

// secretsOf are the texts that nothing may show: the secrets, and a proxy's user with its password as it is sent, which a
// proxy may quote when it refuses.
func secretsOf(c config.Config) []string {
	all := make([]string, 0, len(c.Secrets)+1)
	for _, secret := range c.Secrets {
		all = append(all, secret.Reveal())
	}
	user := url.UserPassword(c.Network.ProxyUser, c.Network.ProxyPassword.Reveal())
	for _, proxy := range []config.Secret{c.Network.HTTPSProxy, c.Network.HTTPProxy} {
		if parsed, err := url.Parse(proxy.Reveal()); err == nil && parsed.User != nil {
			user = parsed.User
		}
	}
	if password, _ := user.Password(); password != "" {
		all = append(all, base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	return all
}

// network turns one package's type into another's.
func network(n config.Network) (azdo.Network, error) {
	out := azdo.Network{
		ProxyBypass: n.ProxyBypass, CAFile: n.CAFile,
		ClientCert: n.ClientCert, ClientKey: n.ClientKey, ClientKeyPassword: n.ClientKeyPassword.Reveal(),
		HTTPProxy: n.HTTPProxy.Reveal(), HTTPSProxy: n.HTTPSProxy.Reveal(), NoProxy: n.NoProxy,
	}
	if n.ProxyURL == "" {
		return out, nil
	}
	proxy, err := url.Parse(n.ProxyURL)
	if err != nil {
		return out, errors.New("use the agent's proxy: AGENT_PROXYURL is not a URL")
	}
	if n.ProxyUser != "" {
		proxy.User = url.UserPassword(n.ProxyUser, n.ProxyPassword.Reveal())
	}
	out.ProxyURL = proxy
	return out, nil
}
