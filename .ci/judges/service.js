// azure-devops-node-api, the client that tasks and tools are written with, reads the stand-in's world, comments, and
// re-queues an evaluation. stdin: {url, token, project, repository, pullRequest}; stdout: what it understood, as JSON. It is
// started in the folder whose node_modules holds the judges.
'use strict';
const path = require('path');
const judge = (name) => require(path.join(process.cwd(), 'node_modules', 'azure-devops-node-api', name));
const api = judge('WebApi');
const { PullRequestStatus, CommentType, CommentThreadStatus } = judge('interfaces/GitInterfaces');
const { BuildReason, BuildStatus, BuildResult } = judge('interfaces/BuildInterfaces');
const { PolicyEvaluationStatus } = judge('interfaces/PolicyInterfaces');

const read = async (stream) => {
  let all = '';
  for await (const piece of stream.setEncoding('utf8')) all += piece;
  return all;
};

async function questions({ url, token, project, repository, pullRequest }) {
  const told = {};
  const ask = async (name, question) => {
    try {
      told[name] = await question();
    } catch (error) {
      told[name] = `refused: ${error.message}`;
    }
  };
  const connection = new api.WebApi(url, api.getBearerHandler(token), { allowRetries: false });
  const [core, git, policy, build] = await Promise.all([
    connection.getCoreApi(), connection.getGitApi(), connection.getPolicyApi(), connection.getBuildApi(),
  ]);
  const active = { status: PullRequestStatus.Active };
  const home = (await core.getProjects()).find((p) => p.name === project);
  const artifact = `vstfs:///CodeReview/CodeReviewId/${home.id}/${pullRequest}`;
  const evaluations = await policy.getPolicyEvaluations(project, artifact, true);
  const { evaluationId, context: { buildId } } = evaluations[0];
  const builds = async (status, result) => {
    const found = await build.getBuilds(project, undefined, undefined, undefined, undefined, undefined, undefined, undefined, status, result);
    return found.map((b) => `${b.definition.name} ${BuildResult[b.result]}`).sort();
  };
  const failed = async () => (await build.getBuilds(project, undefined, undefined, undefined, undefined, undefined, undefined, undefined,
    BuildStatus.Completed)).find((b) => b.result === BuildResult.Failed).id;

  await ask('identity', async () => (await connection.connect()).authenticatedUser.providerDisplayName);
  await ask('repositories', async () => (await git.getRepositories(project)).map((r) => r.name));
  await ask('pullRequests', async () => (await git.getPullRequests(repository, active, project)).map((pr) => pr.pullRequestId));
  await ask('pullRequestsOfProject', async () => (await git.getPullRequestsByProject(project, active)).map((pr) => pr.pullRequestId));
  await ask('completedPullRequests', async () => (await git.getPullRequests(repository, { status: PullRequestStatus.Completed }, project)).map((pr) => pr.pullRequestId));
  await ask('pullRequest', async () => {
    const pr = await git.getPullRequestById(pullRequest, project);
    return { status: PullRequestStatus[pr.status], source: pr.sourceRefName, target: pr.targetRefName, draft: pr.isDraft };
  });
  await ask('reviewers', async () => (await git.getPullRequestReviewers(repository, pullRequest, project)).map((r) => r.vote));
  await ask('refs', async () => (await git.getRefs(repository, project, 'heads/')).map((r) => r.name));
  await ask('policies', async () => (await policy.getPolicyConfigurations(project)).map((c) => `${c.id} ${c.type.displayName}`));
  await ask('policyType', async () => (await policy.getPolicyType(project, evaluations[0].configuration.type.id)).displayName);
  await ask('evaluations', () => evaluations.map((e) => `${e.configuration.id} ${PolicyEvaluationStatus[e.status]} ${e.context && e.context.isExpired}`));
  await ask('definitions', async () => (await build.getDefinitions(project)).map((d) => d.name));
  await ask('build', async () => {
    const old = await build.getBuild(project, buildId);
    return { status: BuildStatus[old.status], result: BuildResult[old.result], branch: old.sourceBranch };
  });
  await ask('completed', () => builds(BuildStatus.Completed));
  await ask('failed', () => builds(BuildStatus.Completed, BuildResult.Failed));
  await ask('running', () => builds(BuildStatus.InProgress));
  await ask('failedStep', async () => {
    const { records } = await build.getBuildTimeline(project, await failed());
    const step = records.find((r) => r.type === 'Task' && r.issues);
    const log = (await build.getBuildLogs(project, await failed())).find((l) => l.id === step.log.id);
    const lines = (await read(await build.getBuildLog(project, await failed(), log.id))).trimEnd().split('\r\n');
    return { issues: step.issues.map((issue) => issue.message), whole: lines.length === log.lineCount, lines: lines.map((line) => line.replace(/^\S+Z /, '')) };
  });
  await ask('thread', async () => {
    const comment = { comments: [{ parentCommentId: 0, content: 'judged', commentType: CommentType.Text }], status: CommentThreadStatus.Active };
    const thread = await git.createThread(comment, repository, pullRequest, project);
    const threads = await git.getThreads(repository, pullRequest, project);
    return threads.find((t) => t.id === thread.id).comments[0].content;
  });
  await ask('requeued', async () => {
    const answer = await policy.requeuePolicyEvaluation(project, evaluationId);
    return { status: PolicyEvaluationStatus[answer.status], another: answer.context.buildId !== buildId };
  });
  await ask('after', async () => {
    const after = await policy.getPolicyEvaluation(project, evaluationId);
    return BuildReason[(await build.getBuild(project, after.context.buildId)).reason];
  });
  return told;
}

read(process.stdin).then((input) => questions(JSON.parse(input))).then(
  (told) => process.stdout.write(JSON.stringify(told)),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
