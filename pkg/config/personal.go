package config

import (
	"regexp"
	"strings"
)

// personal is the shape of a personal access token of 52 characters of base 32, and azdoSigned of one of 84 letters and
// digits with a mark in it, which the service has issued since 2024: "AZDO", today at the positions 76 to 79, counted from 0
// (learn.microsoft.com, "Use personal access tokens", changes to the format). Where the mark stands does not matter here.
var (
	personal   = regexp.MustCompile(`\A(?i:[a-z2-7]{52})\z`)
	azdoSigned = regexp.MustCompile(`\A[0-9A-Za-z]{84}\z`)
)

// LooksPersonal reports whether a text has the shape of a personal access token. A job's token and one for Microsoft Entra
// are far longer and have dots in them.
func LooksPersonal(text string) bool {
	return personal.MatchString(text) || azdoSigned.MatchString(text) && strings.Contains(text, "AZDO")
}

// The two ways to a token that nobody has to store.
const rightTokens = "in a pipeline map the job's own token with env: SYSTEM_ACCESSTOKEN: $(System.AccessToken); on a laptop set it to what " +
	"az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken --output tsv prints"

// refusePersonal refuses a personal access token where a person may have put one. Nobody is to store one for this task.
func (l *loader) refusePersonal() {
	if LooksPersonal(l.agent.Variable("System.AccessToken")) {
		l.environment("SYSTEM_ACCESSTOKEN has the shape of a personal access token, which this task does not take, so that nobody has to store one: %s", rightTokens)
	}
}
