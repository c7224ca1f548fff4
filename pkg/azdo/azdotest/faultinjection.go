package azdotest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Match says which requests a fault or a change is about. Blank members match every request.
type Match struct {
	Method string `json:"method,omitempty"`
	// Route is one of the words of Routes.
	Route       string `json:"route,omitempty"`
	Project     string `json:"project,omitempty"`
	Repository  string `json:"repository,omitempty"`
	PullRequest int    `json:"pullRequest,omitempty"`
	Policy      int    `json:"policy,omitempty"` // of the evaluation that is addressed
	Build       int    `json:"build,omitempty"`
	// Nth is the first matching request that is meant, counted from 1; Times how many, 0 for all that follow.
	Nth   int `json:"nth,omitempty"`
	Times int `json:"times,omitempty"`
	// Probability is the chance that a request which matches is meant; 0 means that all are.
	Probability float64 `json:"probability,omitempty"`
}

// Fault is something that goes wrong with the requests that match.
type Fault struct {
	Match Match `json:"match,omitzero"`
	// Fault is one of the words of FaultWords; blank leaves the answer as it is but for the other members.
	Fault string `json:"fault,omitempty"`
	// Delay passes before anything is done, DelayAfter between doing and answering.
	Delay      string `json:"delay,omitempty"`
	DelayAfter string `json:"delayAfter,omitempty"`
	// RetryAfter is a header in seconds; Headers are any others ("in 30s" becomes a Unix time, "date in 30s" an
	// HTTP date).
	RetryAfter int               `json:"retryAfter,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	// Status, Body and ContentType replace those of the answer or of the fault.
	Status      int    `json:"status,omitempty"`
	Body        string `json:"body,omitempty"`
	ContentType string `json:"contentType,omitempty"`

	seen, done int
}

// The faults that are no plain answer. Those that end in After, and the ones about the body, do the work first.
const (
	faultHang         = "hang"              // no answer, nothing done
	faultHangAfter    = "hangAfter"         // done, no answer
	faultCloseBefore  = "closeBefore"       // connection cut, nothing done
	faultCloseAfter   = "closeAfter"        // done, then the connection is cut
	fault503After     = "503AfterDoing"     // done, then 503 with a page
	faultTornBody     = "tornBody"          // half of the body, then the connection is cut
	faultTruncated    = "truncatedJSON"     // half of the body as if it were all
	faultWithoutValue = "jsonWithoutValue"  // {"count":0}
	faultNullItem     = "nullItem"          // a list that holds null
	faultBOM          = "bom"               // a byte order mark before the body
	faultHTML200      = "html200"           // a sign-in page with status 200, nothing done
	faultChunkedEmpty = "404-chunked-empty" // a refusal of unknown length without a body
)

// FaultWords returns every word of Fault.Fault.
func FaultWords() []string {
	return []string{
		faultHang, faultHangAfter, faultCloseBefore, faultCloseAfter, fault503After, faultTornBody, faultTruncated,
		faultWithoutValue, faultNullItem, faultBOM, faultHTML200, faultChunkedEmpty,
		"200-empty", "203-signin", "302-signin", "307-elsewhere", "400", "401-empty", "401-list", "401-tf400813", "403-tf401027", "403-tf215106",
		"404-tf401019", "404-vs800075", "404-tf200016", "404-empty", "408", "409", "429", "500", "500-tf400898", "502", "503", "503-html",
		"503-tf24668-bom", "504",
	}
}

// doesNothing says whether the request is not carried out.
func doesNothing(word string) bool {
	switch word {
	case "", faultHangAfter, faultCloseAfter, fault503After, faultTornBody, faultTruncated, faultWithoutValue, faultNullItem, faultBOM:
		return false
	default:
		return true
	}
}

func (r *resolver) faultRule(f *Fault) {
	r.match(&f.Match)
	r.lasts("delay", &f.Delay, "0s")
	r.lasts("delayAfter", &f.DelayAfter, "0s")
	if f.Fault != "" {
		r.oneOf("fault", &f.Fault, FaultWords()...)
	}
}

func (r *resolver) match(m *Match) {
	if m.Route != "" {
		r.oneOf("match.route", &m.Route, Routes()...)
	}
	if m.Probability < 0 || m.Probability > 1 {
		r.fault("match.probability %v is not between 0 and 1", m.Probability)
	}
}

// meets says whether a request is one of those that are meant, whatever its number.
func (m *Match) meets(c *call) bool {
	return (m.Method == "" || strings.EqualFold(m.Method, c.request.Method)) &&
		(m.Route == "" || m.Route == c.route) &&
		(m.Project == "" || c.project != nil && (strings.EqualFold(m.Project, c.project.Name) || strings.EqualFold(m.Project, c.project.ID))) &&
		(m.Repository == "" || c.repository != nil && (strings.EqualFold(m.Repository, c.repository.Name) || strings.EqualFold(m.Repository, c.repository.ID))) &&
		(m.PullRequest == 0 || m.PullRequest == c.pullRequest) &&
		(m.Policy == 0 || m.Policy == c.policy) &&
		(m.Build == 0 || m.Build == c.build)
}

// hits counts a request that meets the match and says whether it is to be acted on.
func (m *Match) hits(c *call, seen, done *int, chance func() float64) bool {
	if !m.meets(c) {
		return false
	}
	*seen++
	if *seen < m.Nth || m.Times > 0 && *done >= m.Times || m.Probability > 0 && chance() >= m.Probability {
		return false
	}
	*done++
	return true
}

// mischief is what the faults that hit one request add up to.
type mischief struct {
	word              string
	delay, delayAfter time.Duration
	headers           map[string]string
	status            int
	body, contentType string
}

// mischiefFor adds up the faults that hit a request. Of several words the first counts.
func (s *Server) mischiefFor(c *call) mischief {
	var m mischief
	for _, f := range s.world.Faults {
		if !f.Match.hits(c, &f.seen, &f.done, s.chance) {
			continue
		}
		if m.word == "" {
			m.word = f.Fault
		}
		m.delay += lasting(f.Delay)
		m.delayAfter += lasting(f.DelayAfter)
		if m.headers == nil && (f.RetryAfter > 0 || len(f.Headers) > 0) {
			m.headers = map[string]string{}
		}
		if f.RetryAfter > 0 {
			m.headers["Retry-After"] = strconv.Itoa(f.RetryAfter)
		}
		for name, value := range f.Headers {
			if d, found := strings.CutPrefix(value, "date in "); found {
				value = time.Now().Add(lasting(d)).UTC().Format(http.TimeFormat)
			} else if d, found := strings.CutPrefix(value, "in "); found {
				value = strconv.FormatInt(time.Now().Add(lasting(d)).Unix(), 10)
			}
			m.headers[name] = value
		}
		if m.status == 0 {
			m.status = f.Status
		}
		if m.body == "" {
			m.body, m.contentType = f.Body, f.ContentType
		}
	}
	return m
}

// apply lays the fault over an answer; the connection itself is not its business.
func (m mischief) apply(a answer) answer {
	switch m.word {
	case fault503After:
		a = page503()
	case faultTruncated:
		a.body = a.body[:len(a.body)/2]
	case faultWithoutValue:
		a.body = []byte(`{"count":0}`)
	case faultNullItem:
		a.body = []byte(`{"count":1,"value":[null]}`)
	case faultBOM:
		a.body = append([]byte("\xef\xbb\xbf"), a.body...)
	}
	if m.status != 0 {
		a.status = m.status
	}
	if m.body != "" {
		a.body = []byte(m.body)
	}
	if m.contentType != "" {
		a.contentType = m.contentType
	}
	for name, value := range m.headers {
		a.set(name, value)
	}
	return a
}

// preset is the answer of a fault that stands for one.
func (s *Server) preset(word string, c *call) answer {
	name := s.identity(s.world.Identity)
	switch word {
	case faultHTML200, "203-signin":
		status := http.StatusOK
		if word == "203-signin" {
			status = http.StatusNonAuthoritativeInfo
		}
		return answer{status: status, contentType: "text/html; charset=utf-8", body: []byte(signInPage)}
	case "302-signin":
		a := answer{status: http.StatusFound, contentType: "text/html; charset=utf-8", body: []byte("<html><head><title>Object moved</title></head></html>")}
		a.set("Location", s.base+"/_signin?realm=example")
		return a
	case "307-elsewhere":
		a := answer{status: http.StatusTemporaryRedirect}
		a.set("Location", s.base+"/_apis/elsewhere")
		return a
	case "200-empty":
		return answer{status: http.StatusOK}
	case "400":
		return refuse(http.StatusBadRequest, "VssPropertyValidationException", "The request could not be understood.")
	case "401-empty":
		return unauthorized()
	case "401-list":
		a := unauthorized()
		a.contentType, a.body = contentJSON, []byte(`{"count":0,"value":[]}`)
		return a
	case "401-tf400813":
		a := refuse(http.StatusUnauthorized, "UnauthorizedRequestException", "TF400813: The user '"+name.id+"' is not authorized to access this resource.")
		a.set("WWW-Authenticate", "Bearer authorization_uri=https://login.example.com/"+guid("tenant"))
		a.set("X-VSS-AuthenticateError", "Unauthorized")
		return a
	case "403-tf401027":
		return needsPermission("PullRequestContribute", name)
	case "403-tf215106":
		pipeline := "101:CI"
		if p := s.pipelineOfCall(c); p != nil {
			pipeline = strconv.Itoa(p.ID) + ":" + p.Name
		}
		return queueDenied(name, pipeline, c.projectName())
	case "404-tf401019":
		return repositoryNotFound(c.repositoryName())
	case "404-vs800075":
		return projectHidden(http.StatusNotFound, c.projectSegment)
	case "404-tf200016":
		return projectUnknown(c.projectSegment)
	case faultChunkedEmpty:
		return answer{status: http.StatusNotFound, chunked: true}
	case "404-empty":
		return answer{status: http.StatusNotFound}
	case "409":
		return refuse(http.StatusConflict, "PolicyEvaluationConflictException", "The policy evaluation is being changed by somebody else.")
	case "429":
		a := refuse(http.StatusTooManyRequests, "RequestBlockedException", "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'ATCPU' in namespace 'VSID'.")
		return a
	case "500-tf400898":
		return refuse(http.StatusInternalServerError, "VssServiceException", "TF400898: An Internal Error Occurred. Activity Id: "+guid("activity")+".")
	case "503-html":
		return page503()
	case "503-tf24668-bom":
		text := "TF24668: The following team project collection is stopped: " + s.world.organization() + ". Start the collection and then try again."
		a := refuse(http.StatusServiceUnavailable, "VssServiceException", text)
		a.body = append([]byte("\xef\xbb\xbf"), a.body...)
		a.contentType = "application/json"
		a.set("X-TFS-ServiceError", percent(text))
		return a
	default:
		status, err := strconv.Atoi(word)
		if err != nil {
			status = http.StatusInternalServerError
		}
		return refuse(status, "VssServiceException", "The service could not handle the request ("+strconv.Itoa(status)+").")
	}
}

const signInPage = "<!DOCTYPE html>\r\n<html><head><title>Sign in</title></head><body><form action=\"/_signin\"></form></body></html>"
