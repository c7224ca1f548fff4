// Reads the Markdown of a summary tab and prints a page that shows its beginning about as the portal does, in its light or,
// with "dark" as argument, its dark theme.
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
html { height: 100vh; overflow: hidden; }
body::after { content: ""; position: fixed; inset: auto 0 0; height: 90px; background: linear-gradient(#fff0, #fff); }
`;

const dark = `
body { color: #eee; background: #1b1a19; }
th, td { border-color: #484644; }
th, code { background: #292827; }
a { color: #6cb8f6; }
body::after { background: linear-gradient(#1b1a1900, #1b1a19); }
`;

const body = marked.parse(fs.readFileSync(0, 'utf8'));
process.stdout.write(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Summary</title><style>${style}${process.argv[2] === 'dark' ? dark : ''}</style>${body}</html>\n`);
