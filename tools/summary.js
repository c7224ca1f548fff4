// Reads the Markdown of a summary tab and prints a page that shows it about as the portal does.
'use strict';

const fs = require('fs');
const { marked } = require('marked');

const style = `
body { font: 14px/1.5 "Segoe UI", "DejaVu Sans", sans-serif; color: #1f1f1f; background: #fff; margin: 20px 24px; }
h3 { font-size: 16px; margin: 20px 0 8px; }
table { border-collapse: collapse; }
th, td { border: 1px solid #ddd; padding: 4px 10px; text-align: left; vertical-align: top; }
th { background: #f6f6f6; }
a { color: #0067b8; text-decoration: none; }
code { background: #f2f2f2; padding: 0 3px; }
`;

const body = marked.parse(fs.readFileSync(0, 'utf8'));
process.stdout.write(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Summary</title><style>${style}</style>${body}</html>\n`);
