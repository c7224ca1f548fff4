'use strict';
// The straightforward loop over the npm packages, as a task would be written: list the active pull requests, read the
// evaluations of each, one after the other, and count what has expired. It decides nothing else and writes nothing.
const tl = require('azure-pipelines-task-lib/task');
const azdev = require('azure-devops-node-api');
const { PullRequestStatus } = require('azure-devops-node-api/interfaces/GitInterfaces');

async function run() {
  const collection = tl.getVariable('System.TeamFoundationCollectionUri');
  const project = tl.getVariable('System.TeamProject');
  const token = tl.getVariable('System.AccessToken') || process.env.SYSTEM_ACCESSTOKEN;
  const limit = Number(process.env.BENCH_LIMIT || 0); // 0: no limit
  const connection = new azdev.WebApi(collection, azdev.getBearerHandler(token));
  const git = await connection.getGitApi();
  const policy = await connection.getPolicyApi();
  const top = 1000;
  let read = 0, expired = 0;
  for (let skip = 0; ; skip += top) {
    const page = await git.getPullRequestsByProject(project, { status: PullRequestStatus.Active }, undefined, skip, top);
    for (const pr of page) {
      const projectId = pr.repository.project.id;
      const records = await policy.getPolicyEvaluations(projectId, `vstfs:///CodeReview/CodeReviewId/${projectId}/${pr.pullRequestId}`);
      for (const record of records) if (record.context && record.context.isExpired === true) expired++;
      if (++read === limit) break;
    }
    if (page.length < top || read === limit) break;
  }
  console.log(`${read} pull requests, ${expired} evaluations expired`);
  tl.setResult(tl.TaskResult.Succeeded, '');
}

run().catch((error) => {
  tl.setResult(tl.TaskResult.Failed, error.message);
  process.exitCode = 1;
});
