/*
 * How the page reaches the network: through a Worker made from the page's own text, or, if the
 * browser does not allow one, in the page itself, with a slice of work between frames.
 */

class Asking {
  /** source: the text of the engine script. */
  constructor(source) {
    this.jobs = 0;
    this.waiting = new Map();
    this.newest = new Map();
    this.started = [];
    try {
      const address = URL.createObjectURL(
        new Blob([source, "\nserve();"], { type: "text/javascript" }),
      );
      this.worker = new Worker(address);
      this.worker.onmessage = (event) => this.answered(event.data);
      this.worker.onerror = (event) => {
        event.preventDefault();
        this.without();
      };
    } catch {
      this.without();
    }
  }

  /** Continue without a Worker: repeat its open requests here. */
  without() {
    this.worker?.terminate();
    this.worker = null;
    this.studio = new Studio((answer) => this.answered(answer), turns());
    for (const request of this.started) this.studio.ask(request);
    this.started = [];
  }

  /** Send a request; `hear` gets every answer. It replaces the older request in its slot. */
  ask(kind, request, hear, slot = kind) {
    const job = ++this.jobs;
    if (kind !== "open") {
      this.waiting.delete(this.newest.get(slot));
      this.newest.set(slot, job);
    }
    this.waiting.set(job, hear);
    this.send({ ...request, kind, job, slot });
    return job;
  }

  send(whole) {
    if (this.worker) {
      if (!this.heard) this.started.push(whole);
      this.worker.postMessage(whole);
    } else this.studio.ask(whole);
  }

  answered(answer) {
    this.heard = true;
    this.started = [];
    const hear = this.waiting.get(answer.job);
    if (answer.done || answer.failed) this.waiting.delete(answer.job);
    hear?.(answer);
  }

  /** Whether a request in this slot is still being answered. */
  isBusy(slot) {
    return this.waiting.has(this.newest.get(slot));
  }

  /** Drop the request in a slot, and spare the Worker the rest of its work. */
  stop(slot) {
    if (!this.isBusy(slot)) return;
    this.waiting.delete(this.newest.get(slot));
    this.send({ kind: "stop", stopped: slot });
  }

  /** Drop all requests, except those that open a network. */
  stopAll() {
    for (const slot of this.newest.keys()) this.stop(slot);
  }
}
