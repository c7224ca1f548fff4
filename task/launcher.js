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
  amd64: { linux: 62, windows: 0x8664, darwin: 0x1000007 },
  arm64: { linux: 183, darwin: 0x100000c },
  arm: { linux: 40 }
};

var NEEDS = ' It needs Windows 10 or Windows Server 2016 with 64 bits, macOS 12, Linux 3.2, or newer; Windows on ARM from Windows 11 on.';
var CRASHED = ' It crashed. Please report what it wrote: https://github.com/pr-evaluations/reschedule/issues.';
var PAGE = ' See https://github.com/pr-evaluations/reschedule/blob/main/docs/troubleshooting.md#antivirus-and-applocker.';

// targets lists the builds that a machine can run, best first; the later ones run under the system's emulation.
function targets(platform, arch, env) {
  // A 32-bit Node says nothing about Windows; a 64-bit Windows tells by this variable.
  if (platform === 'win32' && arch === 'ia32' && !env.PROCESSOR_ARCHITEW6432) return [];
  return {
    'linux x64': ['linux-amd64'],
    'linux arm64': ['linux-arm64', 'linux-arm'],
    'linux arm': ['linux-arm'],
    'darwin x64': ['darwin-amd64', 'darwin-arm64'], // Node under Rosetta on Apple silicon
    'darwin arm64': ['darwin-arm64', 'darwin-amd64'],
    'win32 x64': ['windows-amd64'],
    'win32 arm64': ['windows-amd64'],
    'win32 ia32': ['windows-amd64']
  }[platform + ' ' + arch] || [];
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

// damage says what is wrong with a program, '' if nothing: its header, or that a part which the header names lies beyond
// the file's end. On Linux a file that is no program ends up in /bin/sh as a script, and one that is cut off dies of
// SIGBUS; Windows and macOS refuse both, in words that help nobody.
function damage(head, size, target) {
  var goos = target.split('-')[0], machine = (MACHINES[target.split('-')[1]] || {})[goos], found, ends = [], at, count, step;
  function part(offset, length) {
    ends.push(head.readUInt32LE(offset) + head.readUInt32LE(length), at + step);
  }
  try {
    if (goos === 'linux') {
      if (head.readUInt32BE(0) !== 0x7f454c46) return 'it is not an ELF file';
      found = head.readUInt16LE(18);
      var wide = head[4] === 2;
      count = head.readUInt16LE(wide ? 56 : 44);
      step = wide ? 56 : 32;
      for (at = head.readUInt32LE(wide ? 32 : 28); count > 0; count--, at += step) part(at + (wide ? 8 : 4), at + (wide ? 32 : 16));
    } else if (goos === 'windows') {
      var pe = head.readUInt32LE(60);
      if (head.readUInt16BE(0) !== 0x4d5a || head.readUInt32BE(pe) !== 0x50450000) return 'it is not a PE file';
      found = head.readUInt16LE(pe + 4);
      count = head.readUInt16LE(pe + 6);
      step = 40;
      for (at = pe + 24 + head.readUInt16LE(pe + 20); count > 0; count--, at += step) part(at + 20, at + 16);
    } else {
      if (head.readUInt32LE(0) !== 0xfeedfacf) return 'it is not a Mach-O file';
      found = head.readUInt32LE(4);
      at = 32;
      for (count = head.readUInt32LE(16); count > 0; count--, at += step) {
        step = Math.max(head.readUInt32LE(at + 4), 8);
        if (head.readUInt32LE(at) === 0x19) part(at + 40, at + 48);
      }
    }
  } catch (error) {
    return 'its header is incomplete';
  }
  if (!ends.length) return 'its header is incomplete';
  if (Math.max.apply(null, ends) > size) return 'it is cut off after ' + size + ' bytes';
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

// advice says what may keep a system from running a program that is whole.
function advice(platform) {
  if (platform === 'win32') return ' Antivirus software, AppLocker or App Control may have stopped it, or this Windows is too old.' + NEEDS + PAGE;
  return platform === 'darwin' ? NEEDS : '';
}

// outcome tells the launcher's exit code, and what to say, from how the program ended. Code 2 is the program's word for bad
// input, and also what Go's runtime leaves behind when it dies. On Windows the program says 102 to its launcher instead;
// elsewhere it has its runtime die by SIGABRT. What dies before it can do so does it again, and says why.
function outcome(code, signal, platform, again) {
  var windows = platform === 'win32';
  if (signal) {
    var help = signal === 'SIGABRT' ? CRASHED : advice(platform);
    return { code: 128 + (os.constants.signals[signal] || 0), words: 'was ended by ' + signal, help: help };
  }
  if (windows && code > 255) return { code: 1, words: 'was ended by the status 0x' + code.toString(16), help: advice(platform) };
  if (code !== 2) return { code: windows && code === 102 ? 2 : code };
  var second = again(), words = String(second.stderr || '').match(/^(runtime|fatal error|panic): .*$/m);
  if (second.status === 2 && words) return { code: 1, words: 'cannot run here: ' + words[0].trim(), help: NEEDS };
  if (windows && second.status === 0) return { code: 1, words: 'crashed', help: CRASHED };
  return { code: 2 };
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
  if (!chosen.target) return fail('This task has no program for this machine' + about + '.' + NEEDS);
  if (!chosen.present) return fail('The program of this task is missing' + about + '.' + again + (windows ? PAGE : ''));
  try {
    var fault = damage(readHead(chosen.file), fs.statSync(chosen.file).size, chosen.target);
    if (fault) return fail('The program of this task is damaged: ' + fault + about + '.' + again + (windows ? PAGE : ''));
  } catch (error) {
    return fail('The program of this task cannot be read: ' + error.message + about + '.' + (windows ? PAGE : ''));
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
    if (place === undefined) {
      return fail('The program of this task cannot be started: ' + refusals.join('; ') + about + '.' + advice(process.platform));
    }

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
      var end = outcome(code, signal, process.platform, function () {
        return childProcess.spawnSync(file, ['--version'], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 5000 });
      });
      clean();
      process.exitCode = end.code;
      if (end.words && !Object.keys(signals).length) fail('The program of this task ' + end.words + about + '.' + end.help);
    });
    if (!started.pid) return;
    child = started;
    Object.keys(signals).forEach(function (signal) { child.kill(signal); }); // came between two tries
  }
  tryNext();
}

exports.advice = advice;
exports.choose = choose;
exports.damage = damage;
exports.issue = issue;
exports.outcome = outcome;

if (require.main === module) main();
