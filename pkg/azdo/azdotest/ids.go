package azdotest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// The policy types by the words of a world file. BuildPolicyType is the only one that reacts to a re-queue.
const (
	BuildPolicyType            = "0609b952-1397-4640-95ec-e00a01b2c241"
	MinimumReviewersPolicyType = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
	RequiredReviewersPolicy    = "fd2167ab-b0be-447a-8ec8-39368250530e"
	WorkItemsPolicyType        = "40e92b44-2fe1-4dd6-b3d8-74a9c21d0c6e"
	CommentsPolicyType         = "c6a1889d-b943-4856-b76f-9e46bb6b0df2"
	MergeStrategyPolicyType    = "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab"
	StatusPolicyType           = "cbdc66da-9728-4af8-aada-9a5a32e4a226"
)

type policyType struct {
	id, word, displayName string
	ofRepository          bool // checks pushes, not pull requests
}

func policyTypes() []policyType {
	return []policyType{
		{BuildPolicyType, "build", "Build", false},
		{MinimumReviewersPolicyType, "minimum reviewers", "Minimum number of reviewers", false},
		{RequiredReviewersPolicy, "required reviewers", "Required reviewers", false},
		{WorkItemsPolicyType, "work items", "Work item linking", false},
		{CommentsPolicyType, "comments", "Comment requirements", false},
		{MergeStrategyPolicyType, "merge strategy", "Require a merge strategy", false},
		{StatusPolicyType, "status", "Status", false},
		{"51c78909-e838-41a2-9496-c647091e3c61", "file names", "File name restriction", true},
		{"2e26e725-8201-4edd-8bf5-978563c34a80", "file size", "File size restriction", true},
	}
}

// typeOf finds a policy type by word, display name or GUID; one with an unknown GUID is a type of its own.
func typeOf(text string) (policyType, error) {
	if text == "" {
		text = "build"
	}
	for _, t := range policyTypes() {
		if strings.EqualFold(text, t.word) || strings.EqualFold(text, t.displayName) || strings.EqualFold(text, t.id) {
			return t, nil
		}
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return policyType{}, fmt.Errorf("policy type %q is neither a word that is known here nor a GUID", text)
	}
	return policyType{id: id.String(), displayName: "Custom policy"}, nil
}

// namespace is the root of every GUID that is made from a name.
var namespace = uuid.MustParse("7d1d6d64-3c5e-4b0e-9f43-1b5e0b6a7c11")

func guid(kind string, parts ...string) string {
	return uuid.NewSHA1(namespace, []byte(kind+"\x00"+strings.Join(parts, "\x00"))).String()
}

// ProjectID is the GUID of a project whose world file gives none.
func ProjectID(name string) uuid.UUID { return uuid.MustParse(guid("project", name)) }

// RepositoryID is the GUID of a repository whose world file gives none.
func RepositoryID(project, name string) uuid.UUID {
	return uuid.MustParse(guid("repository", guid("project", project), name))
}

// Commit is a commit ID made from a text, as the stand-in makes those that a world file does not give.
func Commit(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:20])
}

// identity is a person or service as the answers show it.
type identity struct{ id, name, unique string }

// identityOf reads "Name <unique name>" or "Name".
func identityOf(text string) identity {
	name, unique, found := strings.Cut(text, "<")
	name = strings.TrimSpace(name)
	unique = strings.TrimSuffix(strings.TrimSpace(unique), ">")
	if !found {
		unique = strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.com"
	}
	return identity{id: guid("identity", text), name: name, unique: unique}
}

// fullRef makes a branch name full.
func fullRef(branch string) string {
	if branch == "" || strings.HasPrefix(branch, "refs/") {
		return branch
	}
	return "refs/heads/" + branch
}
