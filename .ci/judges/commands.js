// The parser of azure-pipelines-task-lib reads logging commands. stdin: a JSON list of lines; stdout: a JSON list of
// {command, properties, message}. It is started in the folder whose node_modules holds the judges.
'use strict';
const path = require('path');
const { commandFromString } = require(path.join(process.cwd(), 'node_modules', 'azure-pipelines-task-lib', 'taskcommand'));

let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (data) => { input += data; });
process.stdin.on('end', () => {
  process.stdout.write(JSON.stringify(JSON.parse(input).map(commandFromString)));
});
