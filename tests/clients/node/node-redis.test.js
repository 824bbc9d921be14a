// node-redis against the server at RKVS_ADDR, with its default handshake (HELLO 3) and over RESP2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, createClientPool, RESP_TYPES, WatchError } from "redis";
import { host, portNumber as port } from "./connect.js";

const ways = [
  ["default", {}],
  ["resp2", { RESP: 2 }],
  ["resp3", { RESP: 3 }],
];

for (const [way, options] of ways) {
  const connected = (name, work) =>
    test(`node-redis ${way}: ${name}`, async () => {
      const client = createClient({ socket: { host, port, reconnectStrategy: false }, ...options });
      await client.connect();
      try {
        await client.flushAll();
        await work(client);
      } finally {
        await client.close();
      }
    });

  connected("strings, hashes, deadlines", async (client) => {
    assert.equal(await client.set("k", "v", { EX: 100, NX: true }), "OK");
    assert.equal(await client.get("k"), "v");
    assert.ok((await client.ttl("k")) >= 99);
    assert.equal(await client.get("none"), null);
    assert.deepEqual(await client.mGet(["k", "none"]), ["v", null]);
    assert.equal(await client.hSet("h", { a: 1, b: "two" }), 2);
    assert.deepEqual({ ...(await client.hGetAll("h")) }, { a: "1", b: "two" });
    assert.equal(await client.incrBy("n", 42), 42);
    assert.equal(await client.getDel("n"), "42");
    assert.deepEqual(await client.hmGet("h", ["a", "none"]), ["1", null]);
  });

  connected("every byte comes back", async (client) => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
    await client.set("bin", bytes);
    const buffers = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    assert.ok(bytes.equals(await buffers.get("bin")));
  });

  connected("errors reject", async (client) => {
    await client.hSet("h", "f", "v");
    await assert.rejects(client.get("h"), /WRONGTYPE/);
    await assert.rejects(client.sendCommand(["NOSUCH"]), /unknown command/);
  });

  connected("requests of one turn are a pipeline", async (client) => {
    const replies = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => [client.set(`k${i}`, String(i)), client.get(`k${i}`)]).flat(),
    );
    replies.forEach((reply, i) => assert.equal(reply, i % 2 ? String((i - 1) / 2) : "OK"));
  });

  connected("transactions", async (client) => {
    assert.deepEqual(await client.multi().set("n", "1").incr("n").hSet("h", "f", "v").exec(), ["OK", 2, 1]);
    const other = client.duplicate();
    await other.connect();
    await client.watch("n");
    await other.set("n", "changed");
    await assert.rejects(client.multi().set("n", "lost").exec(), WatchError);
    assert.equal(await client.get("n"), "changed");
    await other.close();
  });

  connected("scan iterators", async (client) => {
    await client.mSet(Array.from({ length: 1000 }, (_, i) => [`key:${i}`, String(i)]));
    const found = new Set();
    for await (const keys of client.scanIterator({ MATCH: "key:*", COUNT: 30, TYPE: "string" })) {
      keys.forEach((key) => found.add(key));
    }
    assert.equal(found.size, 1000);
    await client.hSet("h", Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f${i}`, i])));
    const fields = new Map();
    for await (const entries of client.hScanIterator("h", { COUNT: 20 })) {
      entries.forEach(({ field, value }) => fields.set(field, value));
    }
    assert.equal(fields.size, 600);
    assert.equal(fields.get("f7"), "7");
  });

  connected("connections know themselves", async (client) => {
    await client.clientSetName("tester");
    assert.equal(await client.clientGetName(), "tester");
    await client.select(5);
    assert.equal(await client.dbSize(), 0);
    assert.match(await client.info("server"), /redis_version:7\./);
  });
}

test("node-redis: a pool shares connections", async () => {
  const pool = createClientPool({ socket: { host, port } }, { minimum: 2, maximum: 8 });
  await pool.connect();
  await pool.flushAll();
  await Promise.all(Array.from({ length: 500 }, () => pool.incr("counter")));
  assert.equal(await pool.get("counter"), "500");
  await pool.close();
});
