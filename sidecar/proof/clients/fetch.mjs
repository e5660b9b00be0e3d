// Node's fetch.
import { channel } from "node:diagnostics_channel";

const base = process.argv[2];
const body = "x".repeat(70000);
const big = 32 * 1024 * 1024;
let connects = 0;
channel("undici:client:connected").subscribe(() => connects++);

async function say(name, work, expected) {
  const got = await work().catch((error) => `${error} ${error.cause}`);
  console.log(got === expected ? `${name} ok` : `${name} ${String(got).slice(0, 200)}, expected ${String(expected).slice(0, 200)}`);
}

async function ask(method, path, options = {}) {
  const reply = await fetch(base + path, { method, ...options });
  return `${reply.status} ${await reply.text()}`;
}

function chunks(size) {
  let left = size;
  const pull = (controller) => {
    if (left <= 0) return controller.close();
    controller.enqueue(new Uint8Array(65536).fill(120));
    left -= 65536;
  };
  return { body: new ReadableStream({ pull }), duplex: "half" };
}

async function stream() {
  const reply = await fetch(base + "/v1/stream", { method: "POST", body: "{}" });
  const times = [];
  for await (const _ of reply.body) times.push(performance.now());
  return `${times.length} ${times.at(-1) - times[0] > 200}`;
}

await say("get", () => ask("GET", "/v1/models"), '200 {"data": []}');
await say("head", async () => (await ask("HEAD", "/v1/models")) + (await ask("GET", "/v1/models")), '200 200 {"data": []}');
await say("post", () => ask("POST", "/v1/echo", { body }), `200 ${body}`);
await say("chunked", () => ask("POST", "/v1/echo", chunks(131072)), `200 ${"x".repeat(131072)}`);
await say("stream", stream, "5 true");
await say("empty", () => ask("GET", "/v1/empty"), "204 ");
const before = connects;
await say("keep-alive", async () => {
  for (let count = 0; count < 4; count++) await ask("GET", "/v1/models");
  return connects - before;
}, 0);
await say("early-413", async () => (await ask("POST", "/v1/echo", { body: new Uint8Array(big) })).slice(0, 3), "413");
await say("early-413-chunked", async () => (await ask("POST", "/v1/echo", chunks(big))).slice(0, 3), "413");
await say("not-found", async () => (await ask("GET", "/nothing")).slice(0, 3), "404");
