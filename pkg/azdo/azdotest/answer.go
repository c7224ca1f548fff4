package azdotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const contentJSON = "application/json; charset=utf-8"

// answer is a response before it is sent.
type answer struct {
	status      int
	contentType string
	headers     [][2]string
	body        []byte
	chunked     bool // sent without a length
}

func (a *answer) set(name, value string) {
	a.headers = append(slices.Clip(a.headers), [2]string{name, value})
}

func ok(body []byte) answer {
	return answer{status: http.StatusOK, contentType: contentJSON, body: body}
}

// okJSON is a 200 with a value of our own wire types, which always encode.
func okJSON(v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		return refuse(http.StatusInternalServerError, "VssServiceException", "encode answer: "+err.Error())
	}
	return ok(body)
}

// listOf is {"value":[...],"count":n} of items that are encoded already.
func listOf(items [][]byte) answer {
	size := 32
	for _, item := range items {
		size += len(item) + 1
	}
	body := append(make([]byte, 0, size), `{"value":[`...)
	for i, item := range items {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, item...)
	}
	body = append(body, `],"count":`...)
	body = append(body, itoa(len(items))...)
	return ok(append(body, '}'))
}

// wrapped is the shape of every refusal that is JSON.
type wrapped struct {
	RefID          string  `json:"$id"`
	InnerException *string `json:"innerException"`
	Message        string  `json:"message"`
	TypeName       string  `json:"typeName"`
	TypeKey        string  `json:"typeKey"`
	ErrorCode      int     `json:"errorCode"`
	EventID        int     `json:"eventId"`
}

func refuse(status int, typeKey, message string) answer {
	body, err := json.Marshal(wrapped{
		RefID: "1", Message: message, TypeKey: typeKey, EventID: 3000,
		TypeName: "Microsoft.TeamFoundation.Server." + typeKey + ", Microsoft.TeamFoundation.Server",
	})
	if err != nil {
		body = []byte(`{}`)
	}
	return answer{status: status, contentType: contentJSON, body: body}
}

func unauthorized() answer {
	a := answer{status: http.StatusUnauthorized}
	a.set("WWW-Authenticate", `Basic realm="https://stand-in.example.com/"`)
	return a
}

// noController is what a route or a verb gets that does not exist.
func noController(path string) answer {
	text := "The controller for path '" + path + "' was not found or does not implement IController."
	a := answer{status: http.StatusNotFound, contentType: "text/plain; charset=utf-8", body: []byte(text)}
	a.set("X-TFS-ServiceError", percent(text))
	return a
}

func percent(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func page503() answer {
	page := "<!DOCTYPE html>\r\n<html>\r\n<head><title>Azure DevOps Services Unavailable</title></head>\r\n<body>\r\n<h1>The service is unavailable</h1>\r\n" +
		strings.Repeat("<p>Azure DevOps is having difficulties. Please try again in a little while.</p>\r\n", 150) + "</body></html>"
	return answer{status: http.StatusServiceUnavailable, contentType: "text/html", body: []byte(page)}
}

func (s *Server) projectRefused(c *call) answer {
	if c.project == nil && !isGUID(c.projectSegment) || c.project != nil && !strings.EqualFold(c.projectSegment, c.project.ID) {
		return projectUnknown(c.projectSegment)
	}
	if s.world.Behaviour.HiddenProject == "403" {
		return projectHidden(http.StatusForbidden, c.projectSegment)
	}
	return projectHidden(http.StatusNotFound, c.projectSegment)
}

func projectHidden(status int, id string) answer {
	return refuse(status, "ProjectDoesNotExistException",
		"VS800075: The project with id 'vstfs:///Classification/TeamProject/"+id+"' does not exist, or you do not have permission to access it.")
}

func projectUnknown(name string) answer {
	return refuse(http.StatusNotFound, "ProjectDoesNotExistWithNameException",
		"TF200016: The following project does not exist: "+name+". Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.")
}

func repositoryNotFound(name string) answer {
	return refuse(http.StatusNotFound, "GitRepositoryNotFoundException",
		"TF401019: The Git repository with name or identifier "+name+" does not exist or you do not have permissions for the operation you are attempting.")
}

func pullRequestNotFound() answer {
	return refuse(http.StatusNotFound, "GitPullRequestNotFoundException", "TF401180: The requested pull request was not found.")
}

func policyNotFound(id string) answer {
	return refuse(http.StatusNotFound, "PolicyConfigurationNotFoundException", "The policy configuration with ID "+id+" was not found.")
}

func needsPermission(permission string, who identity) answer {
	return refuse(http.StatusForbidden, "GitNeedsPermissionException",
		"TF401027: You need the Git '"+permission+"' permission to perform this action. Details: identity 'Build\\"+who.id+"', scope 'repository'.")
}

func queueDenied(who identity, pipeline, project string) answer {
	return refuse(http.StatusForbidden, "AccessDeniedException",
		"TF215106: Access denied. "+who.name+" needs Queue builds permissions for build pipeline "+pipeline+" in team project "+project+
			" to perform the action. For more information, contact the Azure DevOps Server administrator.")
}

func badRequest(message string) answer {
	return refuse(http.StatusBadRequest, "VssPropertyValidationException", message)
}
