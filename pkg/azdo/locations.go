package azdo

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// The locations that this package asks for, by the names of the SDK's methods (the location IDs are in its client.go files).
var (
	locConnectionData       = uuid.MustParse("00d9565f-ed9c-4a06-9a50-00e7896ccab4")
	locProjects             = uuid.MustParse("603fe2ac-9723-48b9-88ad-09305aa6c6e1")
	locRepositories         = uuid.MustParse("225f7195-f9c7-4d14-ab28-a83f7ff77e1f")
	locPullRequests         = uuid.MustParse("9946fd70-0d40-406e-b686-b4744cbbcc37") // of a repository
	locProjectPullRequests  = uuid.MustParse("a5d28130-9cd2-40fa-9f08-902e7daa9efb")
	locPullRequest          = uuid.MustParse("01a46dea-7d46-4d40-bc84-319e7c260d99")
	locIterations           = uuid.MustParse("d43911ee-6958-46b0-a42b-8445b8a0d004")
	locLabels               = uuid.MustParse("f22387e3-984e-4c52-9c6d-fbb8f14c812d")
	locPolicyConfigurations = uuid.MustParse("dad91cbe-d183-45f8-9c6e-9c1164472121")
	locEvaluations          = uuid.MustParse("c23ddff5-229c-4d04-a80b-0fdce9f360c8")
	locEvaluation           = uuid.MustParse("46aecb7a-5d2c-4647-897b-0209505a9fe4")
	locBuilds               = uuid.MustParse("0cd358e1-9217-4d94-8269-1c1ee6f93dcf")
	locDefinitions          = uuid.MustParse("dbeaf647-6167-421a-bda9-c9327b25e2e6")
	locLogs                 = uuid.MustParse("35a80daf-7f30-45fc-86e8-6b813d9c90df") // all of a build, or one
	locTimeline             = uuid.MustParse("8baac422-4c6e-4de5-8532-db96d92acffa")
	locThreads              = uuid.MustParse("ab6e2e5d-a0b7-4153-b64a-a4efe0d49449")
	locComments             = uuid.MustParse("965a3ec7-5ed8-455a-bdcb-835a5ea7fe7b")
)

func neededLocations() []uuid.UUID {
	return []uuid.UUID{
		locConnectionData, locProjects, locRepositories, locPullRequests, locProjectPullRequests, locPullRequest, locLabels, locIterations,
		locPolicyConfigurations, locEvaluations, locEvaluation, locBuilds, locDefinitions, locTimeline, locLogs,
		locThreads, locComments,
	}
}

// wireLocation is an entry of the table of locations.
type wireLocation struct {
	ID              text   `json:"id"`
	Area            text   `json:"area"`
	ResourceName    text   `json:"resourceName"`
	RouteTemplate   text   `json:"routeTemplate"`
	ResourceVersion number `json:"resourceVersion"`
	MinVersion      text   `json:"minVersion"`
	MaxVersion      text   `json:"maxVersion"`
	ReleasedVersion text   `json:"releasedVersion"`
}

// tableEntry is an entry as the SDK reads it. It dereferences each field without a look.
type tableEntry struct {
	ID              string `json:"id"`
	Area            string `json:"area"`
	ResourceName    string `json:"resourceName"`
	RouteTemplate   string `json:"routeTemplate"`
	ResourceVersion int    `json:"resourceVersion"`
	MinVersion      string `json:"minVersion"`
	MaxVersion      string `json:"maxVersion"`
	ReleasedVersion string `json:"releasedVersion"`
}

var versionNumber = regexp.MustCompile(`^[0-9]{1,4}\.[0-9]{1,4}$`)

func (w *wireLocation) entry() (tableEntry, bool) {
	l := tableEntry{
		w.ID.s, w.Area.s, w.ResourceName.s, w.RouteTemplate.s, w.ResourceVersion.n, w.MinVersion.s, w.MaxVersion.s, w.ReleasedVersion.s,
	}
	if l.Area == "" || l.ResourceName == "" || l.RouteTemplate == "" || l.ResourceVersion == 0 {
		return l, false
	}
	for _, v := range []string{l.MinVersion, l.MaxVersion, l.ReleasedVersion} {
		if !versionNumber.MatchString(v) {
			return l, false
		}
	}
	// A template is a path below the collection and stays there.
	return l, !strings.ContainsAny(l.RouteTemplate, "?#\\") && !strings.Contains(l.RouteTemplate, "..")
}

// usableLocations cuts the table down to the entries that this package needs, about 16 of 770, and refuses a table that
// the SDK would panic on. What the SDK gets to see is what it keeps for the life of the process.
func usableLocations(body io.Reader) ([]byte, error) {
	needed := map[string]bool{}
	for _, id := range neededLocations() {
		needed[id.String()] = true
	}
	// What is odd about an entry that nobody needs is no matter.
	var table object[struct {
		Value array[wireLocation] `json:"value"`
	}]
	if err := unmarshal(body, &table); err != nil {
		return nil, err
	}
	entries := table.v.Value
	if !entries.present || entries.bad && len(entries.v) == 0 {
		return nil, errNoList
	}
	kept := []tableEntry{}
	for i := range entries.v {
		id := strings.ToLower(entries.v[i].ID.s)
		if !needed[id] {
			continue
		}
		l, usable := entries.v[i].entry()
		if !usable {
			return nil, errors.New("the entry of API " + id + " is incomplete")
		}
		kept = append(kept, l)
	}
	if len(kept) == 0 {
		return nil, errors.New("it offers none of the APIs that are needed; is this the URL of an organization or collection?")
	}
	return json.Marshal(map[string]any{"count": len(kept), "value": kept})
}
