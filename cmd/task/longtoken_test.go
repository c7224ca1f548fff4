package main_test

import (
	"crypto/tls"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/pr-evaluations/reschedule/pkg/agent/agenttest"
	"github.com/pr-evaluations/reschedule/pkg/azdo/azdotest"
)

// longToken is a token of 8 KiB in which nobody could find anything: it has no parts, and is no base64 of anything.
func longToken(seed uint64) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~"
	random := rand.New(rand.NewPCG(seed, 1))
	token := make([]byte, 8<<10)
	for i := range token {
		token[i] = alphabet[random.IntN(len(alphabet))]
	}
	return "~" + string(token[1:])
}

// letIn is a world that knows one token.
func letIn(token string) azdotest.World {
	w := expiredWorld()
	w.Tokens = []string{token}
	return w
}

// TestLongTokens: a token's length and contents are the service's business. One of 8 KiB that is no JSON Web Token gets
// everywhere: into the environment, the header of each request and the masks.
func TestLongTokens(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(step *agenttest.Step){
		"a YAML job":           func(*agenttest.Step) {},
		"a classic release":    func(s *agenttest.Step) { s.Job.Host, s.Job.SecretToken = agenttest.Release, false },
		"the classic checkbox": func(s *agenttest.Step) { s.Job.SecretToken, s.Job.AllowScripts = false, true },
		"mapped by the step":   func(s *agenttest.Step) { s.Env = map[string]string{"SYSTEM_ACCESSTOKEN": "$(System.AccessToken)"} },
		"a proxy, debugging": func(s *agenttest.Step) {
			s.Variables["agent.proxyurl"], s.Variables["system.debug"] = "http://127.0.0.1:1", "true" // loopback is never sent there
		},
		"through the launcher": func(s *agenttest.Step) {
			if _, err := exec.LookPath("node"); err != nil {
				missing(t, "RESCHEDULE_REQUIRE_NODE", "the launcher is given no long token: "+err.Error())
			}
			s.TaskDir, s.Binary = unpacked(t), ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := longToken(1)
			s := azdotest.Start(t, letIn(token))
			step := stepFile{Inputs: inputs("wait", "true", "comment", "always"), Variables: map[string]string{}}.step(t, s)
			step.Job.PrimaryArtifact = "_web"
			change(&step)
			r := run(t, s, step)
			if r.ExitCode != 0 || len(patched(s)) != 1 {
				t.Errorf("exit code %d, writes %v\n%s", r.ExitCode, s.Writes(), logged(r))
			}
			for _, q := range s.Requests() {
				if !q.Authorized {
					t.Errorf("%s %s was sent without the token", q.Method, q.Path)
				}
			}
			checkSecrets(t, r, comments(s), token)
		})
	}
}

// TestLongTokensOfAConnection: the identity token and the one that it buys are no shorter.
func TestLongTokensOfAConnection(t *testing.T) {
	t.Parallel()
	authority := agenttest.NewAuthority(t)
	assertion, bought := longToken(2), longToken(3)
	e := newEntra()
	e.token = bought
	signIn := serveTLS(t, e, &tls.Config{Certificates: []tls.Certificate{authority.Issue(t)}, MinVersion: tls.VersionTLS12})
	home := newOrganization(t, letIn(bought))
	home.oidc = refuseOIDC(http.StatusOK, `{"oidcToken": "`+assertion+`"}`)
	step := federated(t, home, serve(t, home), signIn, authority.File, map[string]string{"comment": "always"})
	step.Job.Token = longToken(4)
	r := run(t, nil, step)
	if r.ExitCode != 0 || len(patched(home.s)) != 1 {
		t.Errorf("exit code %d, writes %v\n%s", r.ExitCode, home.s.Writes(), logged(r))
	}
	forms := e.forms(t)
	if len(forms) != 1 || forms[0].Get("client_assertion") != assertion {
		t.Errorf("%d tokens were bought, not with the identity token", len(forms))
	}
	for _, q := range home.requests() {
		want := bought
		if isOIDC(q) {
			want = step.Job.Token
		}
		if q.authorization != "Bearer "+want {
			t.Errorf("%s %s was sent with another token", q.method, q.target)
		}
	}
	for _, secret := range []string{step.Job.Token, assertion, bought} {
		for line := range strings.SplitSeq(r.Stdout+r.Stderr+r.Summary+comments(home.s), "\n") {
			if strings.Contains(line, secret[:40]) && !strings.HasPrefix(line, "##vso[task.setsecret]") {
				t.Errorf("a token is in %.300q", line)
			}
		}
	}
}
