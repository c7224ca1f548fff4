package azdo

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"
)

// unknownIdentity stands where the service did not say whom the token stands for.
const unknownIdentity = "the build service identity of this pipeline (Project Collection Build Service (...) or <Project> Build Service (...))"

// The pages that a permission is set on, as the portal names them.
const (
	pageRepositorySecurity = "Project settings > Repositories > (repository) > Security"
	pagePipelineSecurity   = "Pipelines > (pipeline) > ... > Manage security"
	pagePipelineSettings   = "Project settings > Pipelines > Settings"
	pageProjectPermissions = "Project settings > Permissions"
	pageUsers              = "Organization settings > Users (on a server: Collection settings > Security)"
)

// Advice tells a person how to mend a refusal: the service's words, and one instruction that says which identity needs
// which permission, and on which page it is given. identity is the exact display name; "" if it is not known. It does not
// say what was attempted, so equal refusals of many pull requests read the same. It is "" for a failure that no
// instruction cures.
func (e *Error) Advice(identity string) string {
	who := unknownIdentity
	if identity = oneLine(identity); identity != "" {
		who = `"` + identity + `"`
	}
	instruction := e.instruction(who)
	if instruction == "" {
		return ""
	}
	what := *e
	what.Op = ""
	words := what.Error()
	if last, _ := utf8.DecodeLastRuneInString(words); !strings.ContainsRune(".!?…", last) {
		words += "."
	}
	return strings.ToUpper(words[:1]) + words[1:] + " " + instruction
}

// Topic is the heading of the troubleshooting page under which a refusal is explained; "" where Advice is "".
func (e *Error) Topic() string {
	switch {
	case e.instruction("") == "":
		return ""
	case e.TokenLost():
		return "Status 401"
	case e.Code == codeCollectionStopped, e.Code == codeNotAuthorized, e.Code == codeGitPermission, e.Code == codeBuildPermission,
		e.Code == codeRepositoryHidden, e.Code == codeProjectHidden, e.Code == codeProjectUnknown:
		return e.Code
	case e.blocked:
		return "OPTIONS is blocked"
	case e.SignIn, e.redirect:
		return "A sign-in page or a redirect"
	case e.StatusCode == http.StatusUnauthorized:
		return "Status 401"
	case e.StatusCode == http.StatusProxyAuthRequired:
		return "Status 407"
	}
	return "Status 403 or 404"
}

func (e *Error) instruction(who string) string {
	if e.TokenLost() {
		return fmt.Sprintf("The token is expired or withdrawn: the service took it until now. Run the job again, which goes on where this one ended "+
			"(on a laptop, first get a new token with az account get-access-token). If that ends in the same way, give %s access "+
			`to the organization ("View project-level information") on %s.`, who, pageUsers)
	}
	switch e.Code {
	case codeCollectionStopped:
		return "Start the collection or reactivate the organization (Administration Console > Team Project Collections, or " +
			"Organization settings > Overview); " + who + " needs no further permission."
	case codeNotAuthorized:
		return fmt.Sprintf(`Give %s access to the organization ("View project-level information") on %s.`, who, pageUsers)
	case codeGitPermission:
		return fmt.Sprintf("Allow %s %q on %s.", who, gitPermission(e.Message), pageRepositorySecurity)
	case codeBuildPermission:
		return fmt.Sprintf("Allow %s %q on %s.", who, buildPermission(e.Message), pagePipelineSecurity)
	case codeRepositoryHidden:
		return fmt.Sprintf(`Let %s see the repository: where "Protect access to repositories in YAML pipelines" is on (%s), name the repository `+
			"under `uses:` of the job, with `checkout: none` if no files are needed; otherwise allow \"Read\" on %s.",
			who, pagePipelineSettings, pageRepositorySecurity)
	case codeProjectHidden:
		return fmt.Sprintf(`Give %s "View project-level information" in that project (%s > Readers), and turn off `+
			`"Limit job authorization scope to current project" (%s) if the job's token is kept to its own project.`,
			who, pageProjectPermissions, pagePipelineSettings)
	case codeProjectUnknown:
		return fmt.Sprintf(`Check the project's name; if it is right, give %s "View project-level information" in it (%s > Readers).`,
			who, pageProjectPermissions)
	}
	switch {
	case e.blocked:
		return "A proxy or a firewall on the way does not let the verb OPTIONS through, by which the service says where its APIs are. " +
			"Ask the network's owner to allow OPTIONS, GET, POST and PATCH to the organization's address; " + who + " needs no further permission."
	case e.redirect && !e.SignIn:
		return "Use the address under which the service answers by itself (on a server: its Public URL); the token of " + who +
			" is not sent to any other, and no permission changes that."
	case e.SignIn, e.StatusCode == http.StatusUnauthorized:
		return fmt.Sprintf("Run this as a task of a pipeline of this organization, whose token has not expired (on a laptop: get "+
			"a new token with az account get-access-token), and give %s access "+
			`to the organization ("View project-level information") on %s.`, who, pageUsers)
	case e.StatusCode == http.StatusProxyAuthRequired:
		return "Correct the user and password of the agent's proxy; the service was not reached."
	case e.StatusCode == http.StatusForbidden:
		return e.forbidden(who)
	}
	return ""
}

// forbidden names the permission that what was attempted needs, for a 403 that does not name it.
func (e *Error) forbidden(who string) string {
	switch e.area {
	case areaRequeue:
		// Which of the two the service asks for is not documented; granting both is what helps.
		return fmt.Sprintf(`Allow %s "Contribute to pull requests" on %s and "Queue builds" on %s.`, who, pageRepositorySecurity, pagePipelineSecurity)
	case areaComment:
		return fmt.Sprintf(`Allow %s "Contribute to pull requests" on %s.`, who, pageRepositorySecurity)
	case areaBuild:
		return fmt.Sprintf(`Allow %s "View builds" on %s.`, who, pagePipelineSecurity)
	case areaCode:
		return fmt.Sprintf(`Allow %s "Read" on %s.`, who, pageRepositorySecurity)
	case areaProject, areaOrganization:
	}
	return fmt.Sprintf(`Allow %s "View project-level information" on %s.`, who, pageProjectPermissions)
}

var (
	namedGitPermission   = regexp.MustCompile(`the Git '([A-Za-z]{1,40})' permission`)
	namedBuildPermission = regexp.MustCompile(`needs ([A-Za-z ]{1,60}) permissions? for`)
)

// gitPermission is the permission that TF401027 names, as the security page calls it.
func gitPermission(message string) string {
	found := namedGitPermission.FindStringSubmatch(message)
	if found == nil {
		return "Contribute to pull requests"
	}
	switch found[1] {
	case "PullRequestContribute":
		return "Contribute to pull requests"
	case "GenericRead":
		return "Read"
	case "GenericContribute":
		return "Contribute"
	}
	return found[1]
}

// buildPermission is the permission that TF215106 names.
func buildPermission(message string) string {
	if found := namedBuildPermission.FindStringSubmatch(message); found != nil {
		return strings.TrimSpace(found[1])
	}
	return "Queue builds"
}
