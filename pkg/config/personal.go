package config

import "regexp"

// personal is the shape of a personal access token: 52 characters of base 32, or, since 2024, 84 letters and digits with
// the mark "AZDO" at the positions 76 to 79, counted from 0
// (learn.microsoft.com, "Use personal access tokens", changes to the format).
var personal = regexp.MustCompile(`\A(?:(?i:[a-z2-7]{52})|[0-9A-Za-z]{76}AZDO[0-9A-Za-z]{4})\z`)

// LooksPersonal reports whether a text has the shape of a personal access token. A job's token and one for Microsoft Entra
// are far longer and have dots in them.
func LooksPersonal(text string) bool { return personal.MatchString(text) }

// The two ways to a token that nobody has to store.
const rightTokens = "in a pipeline map the job's own token with env: SYSTEM_ACCESSTOKEN: $(System.AccessToken); on a laptop set it to what " +
	"az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken --output tsv prints"

// refusePersonal refuses a personal access token where a person may have put one. Nobody is to store one for this task.
func (l *loader) refusePersonal() {
	if LooksPersonal(l.agent.Variable("System.AccessToken")) {
		l.environment("SYSTEM_ACCESSTOKEN has the shape of a personal access token, which this task does not take, so that nobody has to store one: %s", rightTokens)
	}
}
