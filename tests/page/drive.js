// Runs the page's engine in Node: reads cases, paints each, writes what came of it.
const fs = require("node:fs");
const path = require("node:path");

const [, , folder, cases] = process.argv;
const source = ["arrays.js", "likelihoods.js", "engine.js", "work.js"]
  .map((name) => fs.readFileSync(path.join(folder, name), "utf8"))
  .join("\n");
const { Network, Drawing, Studio, unpack, bytesOf, randomOf } = new Function(
  `"use strict";${source}; return { Network, Drawing, Studio, unpack, bytesOf, randomOf };`,
)();

function painted({ config, weights, content, x, label, noise, samples }) {
  const network = new Network(config, unpack(weights, bytesOf(content)));
  const drawing = new Drawing(network);
  const plain = (rows) => rows.map((row) => Array.from(row));
  drawing.see(Float32Array.from(x));
  drawing.begin(label);
  for (let t = 0; t < network.T; t++) drawing.stroke(t, null, noise[t]);
  const found = {
    images: plain(drawing.image),
    canvas: Array.from(drawing.canvas[network.T]),
    mu: plain(drawing.mu),
    logVar: plain(drawing.logVar),
    z: plain(drawing.z),
    kl: Array.from(drawing.kl),
    left: drawing.left(network.T),
  };
  const seconds = [];
  for (let k = 0; k < 5; k++) {
    const began = performance.now();
    for (let t = 0; t < network.T; t++) drawing.stroke(t, null, noise[t]);
    seconds.push((performance.now() - began) / network.T);
  }
  found.milliseconds = Math.min(...seconds);
  // The same latents without the image: generation. Then once more, from the middle.
  drawing.see(null);
  drawing.begin(label);
  for (let t = 0; t < network.T; t++) drawing.stroke(t, found.z[t]);
  found.decoded = plain(drawing.image);
  const half = network.T >> 1;
  for (let t = half; t < network.T; t++)
    drawing.stroke(
      t,
      found.z[t].map(() => 0),
    );
  for (let t = half; t < network.T; t++) drawing.stroke(t, found.z[t]);
  found.again = plain(drawing.image);
  if (samples) {
    const random = randomOf(1);
    const out = new Float32Array(network.D);
    const sum = new Float64Array(network.D);
    for (let k = 0; k < samples; k++) {
      network.likelihood.sample(drawing.canvas[network.T], random, out);
      for (let i = 0; i < out.length; i++) sum[i] += out[i] / samples;
    }
    found.sampled = Array.from(sum);
  }
  return found;
}

async function asked({ record, content, requests }) {
  const answers = [];
  const studio = new Studio(
    (answer) => answers.push(answer),
    () => new Promise(setImmediate),
  );
  await studio.ask({ kind: "open", job: 0, net: 0, record, content });
  for (const request of requests) {
    for (const name of ["image", "label", "latents"])
      if (request[name]) request[name] = Float32Array.from(request[name]);
    await studio.ask({ net: 0, ...request });
  }
  return answers.map((answer) =>
    JSON.parse(JSON.stringify(answer, (_, v) => (ArrayBuffer.isView(v) ? Array.from(v) : v))),
  );
}

(async () => {
  const results = [];
  for (const one of JSON.parse(fs.readFileSync(cases, "utf8")))
    results.push(one.requests ? await asked(one) : painted(one));
  process.stdout.write(JSON.stringify(results));
})();
