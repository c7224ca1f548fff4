'use strict';

// Starts the program of this task that fits the machine, and gets out of its way. ES5 and built-in modules only: the
// agent may run it on any Node from 6 on. The program writes straight to the launcher's own stdout and stderr, so nothing
// here may touch console, process.stdout or process.stderr: they turn a shared pipe non-blocking, and the program's
// writes then fail with EAGAIN. For the same reason Node's own printing of warnings is switched off.

var childProcess = require('child_process');
var fs = require('fs');
var os = require('os');
var path = require('path');

// What a program's header must say: the machine of an ELF file, a PE file, a Mach-O file.
var MACHINES = {
  '386': { windows: 0x14c },
  amd64: { linux: 62, windows: 0x8664, darwin: 0x1000007 },
  arm64: { linux: 183, windows: 0xaa64, darwin: 0x100000c },
  arm: { linux: 40 }
};

// targets lists the builds that a machine can run, best first; the later ones run under the system's emulation.
function targets(platform, arch, env) {
  var list = {
    'linux x64': ['linux-amd64'],
    'linux arm64': ['linux-arm64', 'linux-arm'],
    'linux arm': ['linux-arm'],
    'darwin x64': ['darwin-amd64', 'darwin-arm64'], // Node under Rosetta on Apple silicon
    'darwin arm64': ['darwin-arm64', 'darwin-amd64'],
    'win32 x64': ['windows-amd64', 'windows-386'],
    'win32 arm64': ['windows-arm64', 'windows-amd64', 'windows-386'],
    'win32 ia32': ['windows-386']
  }[platform + ' ' + arch] || [];
  if (platform === 'win32' && arch === 'ia32') { // a 32-bit Node on a 64-bit Windows: Windows tells by this variable
    var real = String(env.PROCESSOR_ARCHITEW6432 || '').toUpperCase();
    if (real === 'ARM64') list.push('windows-arm64');
    if (real) list.push('windows-amd64');
  }
  return list;
}

// choose picks the program: its target, its file, and whether it is there. Without one that is there it names the best;
// without any build for the machine the target is ''.
function choose(platform, arch, env, exists) {
  var list = targets(platform, arch, env).map(function (target) {
    var name = platform === 'win32' ? 'reschedule.exe' : 'reschedule';
    return { target: target, file: path.join(__dirname, 'bin', target, name) };
  });
  for (var i = 0; i < list.length; i++) {
    if (exists(list[i].file)) return { target: list[i].target, file: list[i].file, present: true };
  }
  var best = list[0] || { target: '', file: path.join(__dirname, 'bin', platform + '-' + arch, 'reschedule') };
  return { target: best.target, file: best.file, present: false };
}

// damage says what is wrong with a program's header, '' if nothing. On Linux a file that is no program ends up in /bin/sh
// as a script, and one that is cut off dies of SIGBUS, so there its segments must lie within the file.
function damage(head, size, target) {
  var goos = target.split('-')[0], machine = (MACHINES[target.split('-')[1]] || {})[goos], found;
  try {
    if (goos === 'linux') {
      if (head.readUInt32BE(0) !== 0x7f454c46) return 'it is not an ELF file';
      found = head.readUInt16LE(18);
      var wide = head[4] === 2, at = head.readUInt32LE(wide ? 32 : 28), count = head.readUInt16LE(wide ? 56 : 44);
      if (!count) return 'its header is incomplete';
      for (; count > 0; count--, at += wide ? 56 : 32) {
        var end = head.readUInt32LE(at + (wide ? 8 : 4)) + head.readUInt32LE(at + (wide ? 32 : 16));
        if (Math.max(end, at + 32) > size) return 'it is cut off after ' + size + ' bytes';
      }
    } else if (goos === 'windows') {
      var pe = head.readUInt32LE(60);
      if (head.readUInt16BE(0) !== 0x4d5a || head.readUInt32BE(pe) !== 0x50450000) return 'it is not a PE file';
      found = head.readUInt16LE(pe + 4);
    } else {
      if (head.readUInt32LE(0) !== 0xfeedfacf) return 'it is not a Mach-O file';
      found = head.readUInt32LE(4);
    }
  } catch (error) {
    return 'its header is incomplete';
  }
  return found === machine ? '' : 'it is for another architecture';
}

// readHead reads the first bytes of a file; what a short file lacks is zero.
function readHead(file) {
  var fd = fs.openSync(file, 'r'), head = Buffer.alloc(4096);
  fs.readSync(fd, head, 0, head.length, 0);
  fs.closeSync(fd);
  return head;
}

// issue is the agent's command for an error: no control or format characters, and percent signs as the agent reads them.
function issue(text) {
  text = text.replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, '');
  return '##vso[task.logissue type=error]' + text.replace(/%/g, '%AZP25') + '\n';
}

// write survives a stdout that is non-blocking and full: it tries again until its reader has caught up, for a minute.
function write(text) {
  var data = Buffer.from(text, 'utf8'), done = 0, start = Date.now();
  (function more() {
    try {
      while (done < data.length) done += fs.writeSync(1, data, done, data.length - done);
    } catch (error) { // nobody reads, or the reader is slow
      if (error.code === 'EAGAIN' && Date.now() - start < 60000) setTimeout(more, 20);
    }
  })();
}

function main() {
  var windows = process.platform === 'win32', child = null, signals = {}, refusals = [];
  var chosen = choose(process.platform, process.arch, process.env, function (file) {
    try { return fs.statSync(file).isFile(); } catch (error) { return false; }
  });
  var about = ' (platform ' + process.platform + ', architecture ' + process.arch + ', file ' + chosen.file + ')';
  var again = ' Remove the folder of this task under _tasks on the agent, and it is downloaded again.';

  function fail(text) {
    write(issue(text));
  }

  process.exitCode = 1; // until the program has told better
  process.removeAllListeners('warning');
  if (!chosen.target) return fail('This task has no program for this machine' + about + '.');
  if (!chosen.present) return fail('The program of this task is missing' + about + '.' + again);
  try {
    var fault = damage(readHead(chosen.file), fs.statSync(chosen.file).size, chosen.target);
    if (fault) return fail('The program of this task is damaged: ' + fault + about + '.' + again);
  } catch (error) {
    return fail('The program of this task cannot be read: ' + error.message + about + '.');
  }

  // The agent signals this process only; on Windows the program has the same event from its console. Each signal once.
  ['SIGINT', 'SIGTERM', 'SIGBREAK'].forEach(function (signal) {
    process.on(signal, function () {
      if (windows || signals[signal]) return;
      signals[signal] = true;
      if (child) child.kill(signal);
    });
  });

  process.env.RESCHEDULE_LAUNCHER = '1'; // tells the program that the end of its stdin is the end of the launcher

  // tryNext starts the program where it lies, else a private copy of it in a folder that allows to execute files: the
  // task's folder may be read-only, another user's, or mounted noexec, and its files never come with an exec bit.
  var places = windows ? [''] : ['', process.env.AGENT_TEMPDIRECTORY || os.tmpdir(), os.tmpdir()];
  function tryNext() {
    var place = places.shift(), file = chosen.file, folder = '';
    if (place === undefined) return fail('The program of this task cannot be started: ' + refusals.join('; ') + about + '.');

    function clean() {
      if (!folder) return;
      try { fs.unlinkSync(file); } catch (error) { /* it was never written */ }
      try { fs.rmdirSync(folder); } catch (error) { /* the agent empties its temp folder */ }
    }
    function refuse(error) {
      clean();
      refusals.push(error.message);
      tryNext();
    }

    try {
      if (place) {
        folder = fs.mkdtempSync(path.join(path.resolve(place), 'reschedule-')); // mode 0700
        file = path.join(folder, 'reschedule');
        fs.writeFileSync(file, fs.readFileSync(chosen.file), { mode: 448 }); // 0700
      }
      if (!windows) {
        try { fs.accessSync(file, fs.constants.X_OK); } catch (error) {
          try { fs.chmodSync(file, 493); } catch (ignored) { /* 0755; not ours, or read-only: the next line says so */ }
          fs.accessSync(file, fs.constants.X_OK);
        }
      }
      var started = childProcess.spawn(file, process.argv.slice(2), { stdio: ['pipe', 'inherit', 'inherit'] });
    } catch (error) {
      return refuse(error);
    }
    if (started.stdin) started.stdin.on('error', function () { /* the program may close its end */ });
    started.on('error', function (error) {
      if (!started.pid) refuse(error);
    });
    started.on('exit', function (code, signal) {
      if (!started.pid) return;
      clean();
      process.exitCode = signal ? 128 + (os.constants.signals[signal] || 0) : code;
      if (signal && !Object.keys(signals).length) fail('The program of this task was ended by ' + signal + about + '.');
    });
    if (!started.pid) return;
    child = started;
    Object.keys(signals).forEach(function (signal) { child.kill(signal); }); // came between two tries
  }
  tryNext();
}

exports.choose = choose;
exports.damage = damage;
exports.issue = issue;

if (require.main === module) main();
