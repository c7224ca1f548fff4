package record

// ours are the names and words that the description lacks and that this product reads, or that recordings of the service
// show beside them: the context of an evaluation and the settings of a policy, which are free objects, build parameters, who is
// asking, the table of locations, and refusals.
const ours = `
buildId
buildStartedUtc: <date>
buildIsNotCurrent
buildAfterMerge
buildDefinitionId
buildDefinitionName
buildOutputPreview
errors
lineNumber
jobName
taskName
isExpired
wasAutoRequeued
lastMergeCommitId
lastMergeSourceCommitId
lastMergeTargetCommitId
errorMessage
errorCode
manualQueueOnly
queueOnSourceUpdateOnly
validDuration
filenamePatterns
repositoryId
matchKind: Exact Prefix DefaultBranch
type: Task Job Phase Stage Checkpoint TfsGit TfsVersionControl

pr.sourceSha
logFileLineNumber: <number>
pr.number: <number>
pr.isFork: True False
system.pullRequest.sourceCommitId
system.pullRequest.pullRequestId: <number>
system.pullRequest.sourceBranch
system.pullRequest.targetBranch

visibility: unchanged
authenticatedUser
providerDisplayName
customDisplayName
isActive
Account
$value
instanceId
deploymentType: hosted onPremises

area: build core git Location policy
resourceName: builds configurations connectionData definitions evaluations logs projects pullRequestIterations pullRequestLabels pullRequests pullRequestThreadComments pullRequestThreads repositories timeline
routeTemplate
resourceVersion
minVersion: <version>
maxVersion: <version>
releasedVersion: <version>

Message
innerException
typeKey: AccessDeniedException GitNeedsPermissionException GitPullRequestNotFoundException GitRepositoryNotFoundException ProjectDoesNotExistException ProjectDoesNotExistWithNameException RequestBlockedException UnauthorizedRequestException VssServiceException
eventId
`

// passing are the GUIDs that are the same in every organization: the types of policies, and the empty one. The locations
// are in routes.
const passing = `
00000000-0000-0000-0000-000000000000
0609b952-1397-4640-95ec-e00a01b2c241
fa4e907d-c16b-4a4c-9dfa-4906e5d171dd
fa4e907d-c16b-4a4c-9dfa-4916e5d171ab
fd2167ab-b0be-447a-8ec8-39368250530e
40e92b44-2fe1-4dd6-b3d8-74a9c21d0c6e
c6a1889d-b943-4856-b76f-9e46bb6b0df2
cbdc66da-9728-4af8-aada-9a5a32e4a226
77ed4bd3-b063-4689-934a-175e4d0a78d7
51c78909-e838-41a2-9496-c647091e3c61
2e26e725-8201-4edd-8bf5-978563c34a80
001a79cf-fda1-4c4e-9e7c-bac40ee5ead8
db2b9b4c-180d-4529-9701-01541d19f36b
ec003f37-8db0-4e10-992a-a2895045752c
e67ae10f-cf9a-40bc-8e66-6b3a8216956e
7ed39669-655c-494e-b4a0-a08b4da0fcce
0517f88d-4ec5-4343-9d26-9930ebd53069
90231074-b810-4521-ac14-ca5aa6781f42
`

// The kinds of stand-ins.
const (
	kindAccount    = "account"
	kindBranch     = "branch"
	kindException  = "exception"
	kindLabel      = "label"
	kindPattern    = "pattern"
	kindPerson     = "person"
	kindPipeline   = "pipeline"
	kindPolicy     = "policy"
	kindProject    = "project"
	kindRepository = "repository"
	kindSegment    = "segment"
	kindStep       = "step"
	kindTag        = "tag"
	kindText       = "text"
	kindTitle      = "title"
	kindToken      = "token"
	kindType       = "type"
	kindURL        = "url"
)

// kindOf says what a text of a member is called; owner is what the object around it stands for.
func kindOf(name, owner string) string {
	switch name {
	case "title":
		return kindTitle
	case "uniqueName", "$value":
		return kindAccount
	case "providerDisplayName", "customDisplayName":
		return kindPerson
	case "displayName":
		if owner == kindPolicy || owner == kindType {
			return owner
		}
		return kindPerson
	case "name":
		if owner != "" {
			return owner
		}
	case "buildDefinitionName":
		return kindPipeline
	case "jobName", "taskName":
		return kindStep
	case "typeKey":
		return kindException
	case "continuationToken":
		return kindToken
	}
	return kindText
}

// ownerOf says what the objects of a member stand for, as far as their names have a kind. A list is of what its owner is.
func ownerOf(name, owner string) string {
	switch name {
	case "", "value":
		return owner
	case "project", "projects":
		return kindProject
	case "repository", "parentRepository", "repositories":
		return kindRepository
	case "definition", "definitions":
		return kindPipeline
	case "labels":
		return kindLabel
	case "records", "timeline":
		return kindStep
	case "settings":
		return kindPolicy
	case "type":
		return kindType
	}
	return ""
}
