package config

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// serviceURL is an address of Azure DevOps, taken apart so that two of them can be compared.
type serviceURL struct {
	scheme, host, port string
	// path are the decoded segments. On Azure DevOps Services the organization comes first, whatever the host.
	path []string
	// services says that the host belongs to Azure DevOps Services; host is then "dev.azure.com".
	services bool
	// releases says that it is a host of classic releases, which serves no pull requests.
	releases bool
}

// organizationName is what Azure DevOps Services allows as the name of an organization.
var organizationName = regexp.MustCompile(`\A[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\z`)

var (
	errNotHTTP       = errors.New("is not an absolute http or https URL")
	errUserInfo      = errors.New("holds a user name or a password")
	errQuery         = errors.New("has a query or a fragment")
	errPath          = errors.New("has a path with . or .. or an escaped separator")
	errBeyond        = errors.New("names more than an organization")
	errNoName        = errors.New("names no organization")
	errPlainServices = errors.New("is not https, which Azure DevOps Services insists on")
)

// parseServiceURL takes a URL apart. The text of its errors never holds the URL, which may hold a password.
func parseServiceURL(text string) (serviceURL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "", u.Hostname() == "", u.Scheme != "http" && u.Scheme != "https":
		return serviceURL{}, errNotHTTP
	case u.User != nil:
		return serviceURL{}, errUserInfo
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		return serviceURL{}, errQuery
	}
	s := serviceURL{scheme: u.Scheme, host: strings.ToLower(u.Hostname())}
	if s.port, err = portOf(u); err != nil {
		return serviceURL{}, err
	}
	if s.path, err = segments(u.EscapedPath()); err != nil {
		return serviceURL{}, err
	}
	return s.ofServices()
}

func portOf(u *url.URL) (string, error) {
	switch {
	case u.Port() == "" && u.Scheme == "https":
		return "443", nil
	case u.Port() == "":
		return "80", nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return "", errNotHTTP
	}
	return strconv.FormatUint(port, 10), nil
}

func segments(path string) ([]string, error) {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil, nil
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		decoded, err := url.PathUnescape(part)
		if err != nil || decoded == "." || decoded == ".." || strings.ContainsAny(decoded, `/\`) {
			return nil, errPath
		}
		parts[i] = decoded
	}
	return parts, nil
}

// ofServices brings the hosts of Azure DevOps Services into one form: dev.azure.com/<org>, <org>.visualstudio.com, and
// the two hosts of classic releases, vsrm.dev.azure.com/<org> and <org>.vsrm.visualstudio.com. Other hosts stay.
func (s serviceURL) ofServices() (serviceURL, error) {
	switch label, found := strings.CutSuffix(s.host, ".visualstudio.com"); {
	case s.host == "dev.azure.com" || s.host == "vsrm.dev.azure.com":
		s.releases = s.host != "dev.azure.com"
	case found:
		label, s.releases = strings.CutSuffix(label, ".vsrm")
		if len(s.path) > 0 && strings.EqualFold(s.path[0], "DefaultCollection") {
			s.path = s.path[1:]
		}
		s.path = append([]string{label}, s.path...)
	default:
		return s, nil
	}
	switch {
	case s.scheme != "https":
		return serviceURL{}, errPlainServices
	case len(s.path) == 0 || !organizationName.MatchString(s.path[0]):
		return serviceURL{}, errNoName
	}
	s.host, s.services = "dev.azure.com", true
	return s, nil
}

// organization cuts what is beyond the organization. On a server of one's own that cannot be told: the whole path counts
// as the collection's.
func (s serviceURL) organization() serviceURL {
	if s.services {
		s.path = s.path[:1]
	}
	return s
}

// within returns the path beyond the collection; ok is false if it is another scheme, host, port or collection. The zero
// collection holds nothing.
func (s serviceURL) within(collection serviceURL) (beyond []string, ok bool) {
	if s.scheme != collection.scheme || s.host != collection.host || s.port != collection.port ||
		s.services != collection.services || len(s.path) < len(collection.path) {
		return nil, false
	}
	return s.path[len(collection.path):], slices.EqualFunc(s.path[:len(collection.path)], collection.path, strings.EqualFold)
}

// sameOrganization reports whether both name the same scheme, host, port and organization.
func (s serviceURL) sameOrganization(other serviceURL) bool {
	beyond, ok := s.organization().within(other.organization())
	return ok && len(beyond) == 0
}

// loopback reports whether the host is this machine.
func (s serviceURL) loopback() bool {
	address, err := netip.ParseAddr(s.host)
	return err == nil && address.Unmap().IsLoopback() || s.host == "localhost"
}

// quoteURL shows a URL in a message, unless a password may be in it.
func quoteURL(text string) string {
	if strings.Contains(text, "@") {
		return "its value"
	}
	return quote(text)
}
