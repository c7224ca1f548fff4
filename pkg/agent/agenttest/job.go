package agenttest

import (
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Host is the kind of job, as the agent's host type names it.
type Host string

// The kinds of job that run tasks. The zero Host is a build, all others are stages of a classic release: Release is an
// agent job, Deployment one on a deployment group; Gates is what the service names the evaluation of gates.
const (
	Build      Host = "build"
	Release    Host = "release"
	Deployment Host = "deployment"
	Gates      Host = "gates"
)

// PullRequest is what the service says about the pull request that a run validates.
type PullRequest struct {
	ID             int    // 0: the variable is missing
	SourceBranch   string // full, "refs/heads/topic"
	TargetBranch   string // full
	SourceCommitID string
	Fork           bool
}

// Job is what the service and the agent tell a job about itself. [BuildJob] and [ReleaseJob] fill in a realistic one;
// a zero field leaves its variables out.
type Job struct {
	Host          Host
	CollectionURL string // as the service has it, with a slash at its end
	// EndpointURL is the URL of SystemVssConnection; "" is the CollectionURL.
	EndpointURL string
	// Token is the job's access token.
	Token string
	// SecretToken hands the token to tasks as the secret variable System.AccessToken too, as YAML jobs do.
	SecretToken bool
	// AllowScripts is the classic editor's "Allow scripts to access the OAuth token": the token as a public variable.
	AllowScripts bool
	ServerType   string // "Hosted" or "OnPremises"

	ProjectID, Project                                              string
	RepositoryID, RepositoryName, RepositoryProvider, RepositoryURI string
	Reason                                                          string // "Manual", "Schedule", "PullRequest", ...
	SourceBranch, SourceVersion                                     string
	DefinitionID                                                    int
	Definition                                                      string
	BuildID                                                         int
	PullRequest                                                     *PullRequest
	// RestrictSecrets skips a step with a service connection in the validation of a fork.
	RestrictSecrets bool
	// Position and Total are set by a job with strategy parallel.
	Position, Total int
	// OIDCRequestURI is where a task asks for an identity token of a service connection.
	OIDCRequestURI string
	// PrimaryArtifact is the alias of a release's primary artifact, a build of the repository above; "" has none.
	PrimaryArtifact string
}

// The identities of the presets' objects.
const (
	PresetProjectID    = "8c1a6a8e-1d5b-4f0a-9f56-2f1f4e1c7a01"
	PresetRepositoryID = "4d3f7a52-6a55-4b2f-8f0b-91d2c5d0e702"
	PresetPlanID       = "b1f0c9de-7c2e-4a39-a1b6-5d8e3f2a9c03"
	PresetJobID        = "12f1170f-54f2-53f3-20dd-22fc7dff55f9"
	PresetToken        = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.agenttest-job-token.c2lnbmF0dXJl" //nolint:gosec // a token for tests, valid nowhere
)

// BuildJob is a scheduled YAML run of a repository in Azure Repos.
func BuildJob(collectionURL string) Job {
	base := strings.TrimSuffix(collectionURL, "/") + "/"
	return Job{
		Host:               Build,
		CollectionURL:      base,
		Token:              PresetToken,
		SecretToken:        true,
		ServerType:         "Hosted",
		ProjectID:          PresetProjectID,
		Project:            "Fabrikam",
		RepositoryID:       PresetRepositoryID,
		RepositoryName:     "web",
		RepositoryProvider: "TfsGit",
		RepositoryURI:      base + "Fabrikam/_git/web",
		Reason:             "Schedule",
		SourceBranch:       "refs/heads/main",
		SourceVersion:      "3f2b8c1d9e7a4056b1c2d3e4f5a60718293a4b5c",
		DefinitionID:       12,
		Definition:         "nightly",
		BuildID:            7001,
		OIDCRequestURI: base + PresetProjectID + "/_apis/distributedtask/hubs/build/plans/" + PresetPlanID +
			"/jobs/" + PresetJobID + "/oidctoken",
	}
}

// ReleaseJob is a stage of a classic release whose primary artifact is a build of a repository in Azure Repos. Its token
// reaches tasks through the endpoint alone.
func ReleaseJob(collectionURL string) Job {
	job := BuildJob(collectionURL)
	job.Host = Release
	job.SecretToken = false
	job.Reason = "Manual"
	job.PrimaryArtifact = "_web"
	job.OIDCRequestURI = strings.Replace(job.OIDCRequestURI, "/hubs/build/", "/hubs/release/", 1)
	return job
}

// host is the kind of job, a build where none is named.
func (j Job) host() Host {
	if j.Host == "" {
		return Build
	}
	return j.Host
}

// folders are the agent's folders for a job under its work folder.
type folders struct{ work, temp, tools, job, sources, artifacts, staging string }

// isRelease tells whether the job belongs to a classic release.
func (j Job) isRelease() bool { return j.host() != Build }

// foldersFor lays out a work folder as the agent does.
func (j Job) foldersFor(work string) folders {
	f := folders{work: work, temp: filepath.Join(work, "_temp"), tools: filepath.Join(work, "_tool")}
	if j.isRelease() {
		f.job = filepath.Join(work, "r1")
		f.artifacts = filepath.Join(f.job, "a")
		return f
	}
	f.job = filepath.Join(work, "1")
	f.sources = filepath.Join(f.job, "s")
	f.staging = filepath.Join(f.job, "a")
	return f
}

// defaultWorkingDirectory is System.DefaultWorkingDirectory: the sources of a build, the artifacts of a release.
func (f folders) defaultWorkingDirectory() string {
	if f.sources != "" {
		return f.sources
	}
	return f.artifacts
}

// variables are the variables of the job, without the step's own.
func (j Job) variables(f folders, agentVersion string) *variables {
	vars := &variables{}
	add := func(name, value string) {
		if value != "" {
			vars.set(name, value, false)
		}
	}
	j.addSystem(add)
	j.addAgent(add, f, agentVersion)
	if j.isRelease() {
		j.addRelease(add, f)
	} else {
		j.addBuild(add, f)
	}
	switch {
	case j.AllowScripts:
		add("system.enableAccessToken", "True")
		add("system.accessToken", j.Token)
	case j.SecretToken:
		add("system.enableAccessToken", "SecretVariable")
		vars.set("system.accessToken", j.Token, true)
	default:
		add("system.enableAccessToken", "False")
	}
	return vars
}

func (j Job) addSystem(add func(name, value string)) {
	add("system", string(j.host()))
	add("system.hosttype", string(j.host()))
	add("system.servertype", j.ServerType)
	add("system.culture", "en-US")
	add("system.collectionId", "7e1c1c86-5e5a-4b4e-9c32-0d2bd8f3a404")
	add("system.collectionUri", j.CollectionURL)
	add("system.teamFoundationCollectionUri", j.CollectionURL)
	add("system.teamFoundationServerUri", j.CollectionURL)
	add("system.taskDefinitionsUri", j.CollectionURL)
	add("system.teamProject", j.Project)
	add("system.teamProjectId", j.ProjectID)
	add("system.definitionId", number(j.DefinitionID))
	add("system.definitionName", j.Definition)
	add("system.planId", PresetPlanID)
	add("system.timelineId", PresetPlanID)
	add("system.jobId", PresetJobID)
	add("system.jobName", "Job")
	add("system.jobDisplayName", "Job")
	add("system.jobAttempt", "1")
	add("system.jobIdentifier", "Job.__default")
	add("system.jobParallelismTag", "Private")
	add("system.jobTimeout", "60")
	add("system.phaseName", "Job")
	add("system.phaseDisplayName", "Job")
	add("system.phaseAttempt", "1")
	add("system.stageName", "__default")
	add("system.stageDisplayName", "__default")
	add("system.stageAttempt", "1")
	add("system.jobPositionInPhase", number(max(j.Position, 1)))
	add("system.totalJobsInPhase", number(max(j.Total, 1)))
	add("system.parallelExecutionType", map[bool]string{true: "MultiMachine", false: "None"}[j.Total > 1])
	add("system.oidcRequestUri", j.OIDCRequestURI)
	pr := j.PullRequest
	if pr == nil {
		pr = &PullRequest{}
	}
	add("system.pullRequest.isFork", map[bool]string{true: "True", false: "False"}[pr.Fork])
	add("system.pullRequest.pullRequestId", number(pr.ID))
	add("system.pullRequest.sourceBranch", pr.SourceBranch)
	add("system.pullRequest.targetBranch", pr.TargetBranch)
	add("system.pullRequest.targetBranchName", strings.TrimPrefix(pr.TargetBranch, "refs/heads/"))
	add("system.pullRequest.sourceCommitId", pr.SourceCommitID)
}

func (j Job) addAgent(add func(name, value string), f folders, version string) {
	add("agent.id", "8")
	add("agent.name", "agenttest")
	add("agent.machineName", "agenttest")
	add("agent.jobName", "Job")
	add("agent.os", map[string]string{"darwin": "Darwin", "windows": "Windows_NT"}[runtime.GOOS])
	if runtime.GOOS != "darwin" && runtime.GOOS != "windows" {
		add("agent.os", "Linux")
	}
	add("agent.osArchitecture", map[string]string{"386": "X86", "amd64": "X64", "arm": "ARM", "arm64": "ARM64"}[runtime.GOARCH])
	add("agent.version", version)
	add("agent.isSelfHosted", "1")
	add("agent.readOnlyVariables", "true")
	add("agent.jobstatus", "Succeeded")
	add("agent.homeDirectory", filepath.Dir(f.work))
	add("agent.rootDirectory", f.work)
	add("agent.workFolder", f.work)
	add("agent.toolsDirectory", f.tools)
	add("agent.tempDirectory", f.temp)
	add("system.defaultWorkingDirectory", f.defaultWorkingDirectory())
	add("system.workFolder", f.work)
}

func (j Job) addBuild(add func(name, value string), f folders) {
	j.addRun(add)
	add("agent.buildDirectory", f.job)
	add("pipeline.workspace", f.job)
	add("system.artifactsDirectory", f.staging)
	add("build.sourcesDirectory", f.sources)
	add("build.repository.localPath", f.sources)
	add("build.artifactStagingDirectory", f.staging)
	add("build.stagingDirectory", f.staging)
	add("build.reason", j.Reason)
	add("build.repository.uri", j.RepositoryURI)
	add("build.repository.clean", "False")
	add("build.repository.git.submoduleCheckout", "False")
	add("build.queuedBy", "Microsoft.VisualStudio.Services.TFS")
	add("build.requestedFor", "Norman Paulk")
}

// addRun adds the variables that a build has and that a release takes over from its primary artifact.
func (j Job) addRun(add func(name, value string)) {
	add("build.buildId", number(j.BuildID))
	add("build.buildNumber", "20260105.1")
	add("build.buildUri", "vstfs:///Build/Build/"+number(j.BuildID))
	add("build.definitionName", j.Definition)
	add("build.sourceBranch", j.SourceBranch)
	add("build.sourceBranchName", j.SourceBranch[strings.LastIndex(j.SourceBranch, "/")+1:])
	add("build.sourceVersion", j.SourceVersion)
	add("build.repository.id", j.RepositoryID)
	add("build.repository.name", j.RepositoryName)
	add("build.repository.provider", j.RepositoryProvider)
}

func (j Job) addRelease(add func(name, value string), f folders) {
	add("agent.releaseDirectory", f.artifacts)
	add("system.artifactsDirectory", f.artifacts)
	add("release.releaseId", "41")
	add("release.releaseName", "Release-41")
	add("release.definitionName", j.Definition)
	add("release.definitionId", number(j.DefinitionID))
	add("release.environmentName", "Stage 1")
	add("release.attemptNumber", "1")
	add("release.reason", j.Reason)
	if j.PrimaryArtifact == "" {
		return
	}
	j.addRun(add)
	add("build.type", "Build")
	add("build.definitionId", "21")
	add("build.projectId", j.ProjectID)
	add("build.projectName", j.Project)
	add("release.primaryArtifactSourceAlias", j.PrimaryArtifact)
	artifact := "release.artifacts." + j.PrimaryArtifact + "."
	add(artifact+"type", "Build")
	add(artifact+"buildId", number(j.BuildID))
	add(artifact+"definitionId", "21")
	add(artifact+"projectId", j.ProjectID)
	add(artifact+"projectName", j.Project)
	add(artifact+"sourceBranch", j.SourceBranch)
	add(artifact+"repository.id", j.RepositoryID)
	add(artifact+"repository.name", j.RepositoryName)
	add(artifact+"repository.provider", j.RepositoryProvider)
}

// number writes a number that is set; zero is a variable that is missing.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
