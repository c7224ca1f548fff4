'use strict';

// An agent starts Node. This starts the program that fits the machine, and ends as it does. On cancellation Windows tells
// both; elsewhere the agent's signal reaches Node alone.

var path = require('path');
var suffix = process.platform === 'win32' ? '.exe' : '';
var program = path.join(__dirname, 'bin', process.platform + '-' + process.arch, 'task' + suffix);
var child = require('child_process').spawn(program, { stdio: 'inherit' });

child.on('error', function (err) {
  require('fs').writeSync(1, '##vso[task.logissue type=error]There is no program for this machine (' + err.code + ').\n');
  process.exitCode = 1;
});
child.on('exit', function (code) {
  process.exitCode = code === null ? 1 : code;
});
['SIGINT', 'SIGTERM'].forEach(function (signal) {
  process.on(signal, function () {
    if (process.platform !== 'win32') child.kill(signal);
  });
});
