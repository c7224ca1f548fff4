// Deflates each file named on the command line into FILE.deflate, with zopfli: the densest deflate that every reader
// of zip files understands. One worker per processor.
'use strict';

const fs = require('fs');
const os = require('os');
const { Worker, isMainThread, workerData } = require('worker_threads');

// Five rounds: fifteen take half as long again and save 0.02 %.
const options = { numiterations: 5, blocksplitting: true, blocksplittingmax: 15 };

function work(queue, next) {
  const index = Atomics.add(next, 0, 1);
  if (index >= queue.length) return;
  require('@gfx/zopfli').deflate(fs.readFileSync(queue[index]), options, (err, data) => {
    if (err) throw err;
    // A reader never sees half a file.
    fs.writeFileSync(queue[index] + '.part', data);
    fs.renameSync(queue[index] + '.part', queue[index] + '.deflate');
    work(queue, next);
  });
}

if (isMainThread) {
  const queue = process.argv.slice(2);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const workers = Math.min(queue.length, os.cpus().length);
  for (let i = 0; i < workers; i++) new Worker(__filename, { workerData: { queue, next } });
} else {
  work(workerData.queue, workerData.next);
}
