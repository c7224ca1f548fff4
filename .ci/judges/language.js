// Microsoft's language service for Azure Pipelines judges pieces of YAML. stdin: {schema, documents: [{where, text}]};
// stdout: a JSON list of faults. It is started in the folder whose node_modules holds the judges.
'use strict';
const path = require('path');
const judge = (name) => require(path.join(process.cwd(), 'node_modules', name));
const { getLanguageService } = judge('azure-pipelines-language-service');
const { parse } = judge('azure-pipelines-language-service/lib/parser/yamlParser');
const { TextDocument } = judge('vscode-languageserver-types');
console.log = () => {}; // the service tells what it is doing

let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (data) => { input += data; });
process.stdin.on('end', async () => {
  const { schema, documents } = JSON.parse(input);
  const fetch = () => Promise.reject(new Error('nothing is fetched'));
  const service = getLanguageService(fetch, [], null);
  service.configure({ validate: true, schemas: [{ uri: 'file:///schema.json', fileMatch: ['*'], schema }] });
  const faults = [];
  for (const { where, text } of documents) {
    const document = TextDocument.create('file:///azure-pipelines.yml', 'azure-pipelines', 1, text);
    for (const fault of await service.doValidation(document, parse(text))) {
      faults.push(`${where}, line ${fault.range.start.line + 1}: ${fault.message.slice(0, 200)}`);
    }
  }
  process.stdout.write(JSON.stringify(faults));
});
