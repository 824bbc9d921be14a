// ioredis against the server at RKVS_ADDR, with its default handshake (HELLO 3) and over RESP2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "ioredis";
import { host, portNumber as port } from "./connect.js";

const ways = [
  ["default", {}],
  ["resp2", { protocol: 2 }],
];

for (const [way, options] of ways) {
  const connected = (name, work) =>
    test(`ioredis ${way}: ${name}`, async () => {
      const redis = new Redis({ host, port, maxRetriesPerRequest: 0, ...options });
      try {
        await redis.flushall();
        await work(redis);
      } finally {
        await redis.quit();
      }
    });

  connected("strings, hashes, deadlines", async (redis) => {
    assert.equal(await redis.set("k", "v", "EX", 100), "OK");
    assert.equal(await redis.get("k"), "v");
    assert.ok((await redis.ttl("k")) >= 99);
    assert.equal(await redis.set("k", "w", "NX"), null);
    assert.deepEqual(await redis.mget("k", "none"), ["v", null]);
    assert.equal(await redis.incrbyfloat("f", 1.5), "1.5");
    assert.equal(await redis.hset("h", { a: 1, b: "two" }), 2);
    assert.deepEqual(await redis.hgetall("h"), { a: "1", b: "two" });
    assert.deepEqual(await redis.hgetall("none"), {});
    assert.deepEqual((await redis.getBuffer("k")), Buffer.from("v"));
  });

  connected("every byte comes back", async (redis) => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
    await redis.set("bin", bytes);
    assert.ok(bytes.equals(await redis.getBuffer("bin")));
  });

  connected("errors reject", async (redis) => {
    await redis.hset("h", "f", "v");
    await assert.rejects(redis.get("h"), /^ReplyError: WRONGTYPE/);
    await assert.rejects(redis.call("NOSUCH"), /unknown command/);
  });

  connected("pipelines", async (redis) => {
    const pipeline = redis.pipeline();
    for (let i = 0; i < 1000; i++) pipeline.set(`k${i}`, i).get(`k${i}`);
    const replies = await pipeline.exec();
    assert.equal(replies.length, 2000);
    replies.forEach(([error, reply], i) => {
      assert.equal(error, null);
      assert.equal(reply, i % 2 ? String((i - 1) / 2) : "OK");
    });
  });

  connected("transactions", async (redis) => {
    assert.deepEqual(await redis.multi().set("n", 1).incr("n").hset("h", "f", "v").exec(), [
      [null, "OK"],
      [null, 2],
      [null, 1],
    ]);
    await redis.watch("n");
    const other = redis.duplicate();
    await other.set("n", "changed");
    await other.quit();
    assert.equal(await redis.multi().set("n", "lost").exec(), null);
    assert.equal(await redis.get("n"), "changed");
    await assert.rejects(redis.multi().set("n").exec(), /EXECABORT/);
  });

  connected("scan streams", async (redis) => {
    await redis.mset(...Array.from({ length: 1000 }, (_, i) => [`key:${i}`, i]).flat());
    const found = new Set();
    for await (const keys of redis.scanStream({ match: "key:*", count: 30 })) keys.forEach((key) => found.add(key));
    assert.equal(found.size, 1000);
    await redis.hset("h", Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f${i}`, i])));
    const fields = new Map();
    for await (const part of redis.hscanStream("h", { count: 20 })) {
      for (let i = 0; i < part.length; i += 2) fields.set(part[i], part[i + 1]);
    }
    assert.equal(fields.size, 600);
    assert.equal(fields.get("f7"), "7");
  });

  connected("connections know themselves", async (redis) => {
    await redis.client("SETNAME", "tester");
    assert.match(await redis.client("INFO"), new RegExp(`name=tester .*resp=${way === "resp2" ? 2 : 3}`));
    await redis.select(5);
    assert.equal(await redis.dbsize(), 0);
    assert.match(await redis.info("server"), /redis_version:7\./);
  });
}
