"""redis-py against the server at RKVS_ADDR, with its own parser and with hiredis, over RESP2 and RESP3."""

import asyncio
import faulthandler
import functools
import os
import unittest

import redis
import redis.asyncio
from redis._parsers import _HiredisParser, _RESP2Parser, _RESP3Parser

# A server that leaves a client waiting fails the tests, it does not hang them.
faulthandler.dump_traceback_later(120, exit=True)

HOST, PORT = os.environ["RKVS_ADDR"].rsplit(":", 1)

# None: what a user gets who asks for nothing.
PROTOCOLS = (None, 2, 3)


def parsers(protocol):
    own = _RESP2Parser if protocol == 2 else _RESP3Parser
    return (None, own, _HiredisParser)


def connect(protocol=None, parser=None, **more):
    options = {"host": HOST, "port": int(PORT), "decode_responses": True, **more}
    if protocol is not None:
        options["protocol"] = protocol
    client = redis.Redis(**options)
    if parser is not None:
        client.connection_pool.connection_kwargs["parser_class"] = parser
    return client


def over_every_way_to_connect(test):
    """Runs a test over each protocol with each parser, each time on an empty server."""

    @functools.wraps(test)
    def run(self):
        for protocol in PROTOCOLS:
            for parser in parsers(protocol):
                with self.subTest(protocol=protocol, parser=parser), connect(protocol, parser) as client:
                    client.flushall()
                    test(self, client)

    return run


class Commands(unittest.TestCase):
    @over_every_way_to_connect
    def test_strings(self, r):
        self.assertTrue(r.ping())
        self.assertTrue(r.set("k", "v", ex=100))
        self.assertEqual(r.get("k"), "v")
        self.assertIn(r.ttl("k"), (99, 100))
        self.assertIsNone(r.set("k", "w", nx=True))
        self.assertEqual(r.set("k", "w", get=True), "v")
        self.assertEqual(r.mset({"a": 1, "b": 2}), True)
        self.assertEqual(r.mget("a", "b", "none"), ["1", "2", None])
        self.assertEqual(r.incrby("a", 41), 42)
        self.assertEqual(r.incrbyfloat("a", 0.5), 42.5)
        self.assertEqual(r.getdel("a"), "42.5")
        self.assertEqual(r.setrange("b", 1, "xyz"), 4)
        self.assertEqual(r.getrange("b", 0, -2), "2xy")
        self.assertEqual(r.append("b", "!"), 5)
        self.assertEqual(r.getex("b", persist=True), "2xyz!")

    def test_binary_values(self):
        every_byte = bytes(range(256)) * 400
        for protocol in PROTOCOLS:
            r = connect(protocol, decode_responses=False)
            r.set(b"\x00\r\n", every_byte)
            self.assertEqual(r.get(b"\x00\r\n"), every_byte)

    @over_every_way_to_connect
    def test_hashes(self, r):
        self.assertEqual(r.hset("h", mapping={"a": 1, "b": "two"}), 2)
        self.assertEqual(r.hgetall("h"), {"a": "1", "b": "two"})
        self.assertEqual(r.hmget("h", "a", "none"), ["1", None])
        self.assertEqual(r.hincrby("h", "a", 2), 3)
        self.assertEqual(r.hincrbyfloat("h", "a", 0.25), 3.25)
        self.assertEqual(sorted(r.hkeys("h")), ["a", "b"])
        self.assertEqual(r.hlen("h"), 2)
        self.assertTrue(r.hexists("h", "b"))
        self.assertIn(r.hrandfield("h"), ("a", "b"))
        self.assertEqual(r.hdel("h", "a", "b"), 2)
        self.assertEqual(r.hgetall("h"), {})

    @over_every_way_to_connect
    def test_keys_and_deadlines(self, r):
        r.set("k", "v")
        self.assertEqual(r.type("k"), "string")
        self.assertTrue(r.expire("k", 100, nx=True))
        self.assertFalse(r.expire("k", 50, gt=True))
        self.assertTrue(r.persist("k"))
        self.assertEqual(r.ttl("k"), -1)
        self.assertTrue(r.copy("k", "copy"))
        self.assertTrue(r.rename("copy", "renamed"))
        self.assertEqual(r.exists("k", "copy", "renamed"), 2)
        self.assertEqual(sorted(r.keys("*")), ["k", "renamed"])
        self.assertEqual(r.object("encoding", "k"), "embstr")
        self.assertEqual(r.unlink("k", "renamed"), 2)
        self.assertEqual(r.dbsize(), 0)

    @over_every_way_to_connect
    def test_errors_are_the_clients_own(self, r):
        r.hset("h", "f", "v")
        with self.assertRaises(redis.ResponseError) as wrong_type:
            r.get("h")
        self.assertIn("WRONGTYPE", str(wrong_type.exception))
        with self.assertRaises(redis.ResponseError):
            r.execute_command("NO-SUCH-COMMAND")
        r.set("s", "x")
        with self.assertRaises(redis.ResponseError):
            r.incr("s")
        self.assertTrue(r.ping())


class Pipelines(unittest.TestCase):
    @over_every_way_to_connect
    def test_pipelines_keep_order_and_errors(self, r):
        pipe = r.pipeline(transaction=False)
        for i in range(1_000):
            pipe.set(f"k{i}", i)
            pipe.get(f"k{i}")
        replies = pipe.execute()
        self.assertEqual(replies[1::2], [str(i) for i in range(1_000)])
        pipe = r.pipeline(transaction=False)
        pipe.set("s", "x").incr("s").get("s")
        replies = pipe.execute(raise_on_error=False)
        self.assertIsInstance(replies[1], redis.ResponseError)
        self.assertEqual(replies[2], "x")

    @over_every_way_to_connect
    def test_transactions(self, r):
        with r.pipeline() as pipe:
            self.assertEqual(pipe.set("n", 1).incr("n").hset("h", "f", "v").execute(), [True, 2, 1])

        def raise_by_ten(pipe):
            current = int(pipe.get("n"))
            pipe.multi()
            pipe.set("n", current + 10)

        r.transaction(raise_by_ten, "n")
        self.assertEqual(r.get("n"), "12")

    @over_every_way_to_connect
    def test_a_watched_key_that_changes_aborts(self, r):
        with r.pipeline() as pipe:
            pipe.watch("n")
            r.set("n", "changed")
            pipe.multi()
            pipe.set("n", "lost")
            with self.assertRaises(redis.WatchError):
                pipe.execute()
        self.assertEqual(r.get("n"), "changed")


class Iterators(unittest.TestCase):
    @over_every_way_to_connect
    def test_scans_find_everything_once(self, r):
        r.mset({f"key:{i}": i for i in range(2_000)})
        r.hset("hash", mapping={f"field:{i}": i for i in range(700)})
        found = list(r.scan_iter(match="key:*", count=50))
        self.assertEqual(sorted(set(found)), sorted(f"key:{i}" for i in range(2_000)))
        self.assertEqual(list(r.scan_iter(_type="hash")), ["hash"])
        self.assertEqual(dict(r.hscan_iter("hash", count=20)), {f"field:{i}": str(i) for i in range(700)})


class Connections(unittest.TestCase):
    def test_the_handshake_leaves_its_traces(self):
        for protocol in PROTOCOLS:
            r = connect(protocol, client_name="tester", db=3, single_connection_client=True)
            self.assertEqual(r.client_getname(), "tester")
            info = r.client_info()
            self.assertEqual(str(info["db"]), "3")
            self.assertEqual(str(info["resp"]), str(protocol or 3))
            self.assertEqual(int(info["id"]), r.client_id())

    @over_every_way_to_connect
    def test_databases_are_apart(self, r):
        r.set("k", "zero")
        other = connect(db=1)
        other.set("k", "one")
        self.assertEqual(r.get("k"), "zero")
        self.assertTrue(r.swapdb(0, 1))
        self.assertEqual(r.get("k"), "one")

    @over_every_way_to_connect
    def test_info_and_command_are_understood(self, r):
        r.set("k", "v", ex=100)
        info = r.info()
        self.assertEqual(info["redis_version"].split(".")[0], "7")
        self.assertEqual(info["db0"]["keys"], 1)
        self.assertEqual(info["db0"]["expires"], 1)
        self.assertGreaterEqual(info["connected_clients"], 1)
        self.assertEqual(r.command_count(), len(r.command()))
        self.assertEqual(r.command_getkeys("MSET", "a", 1, "b", 2), ["a", "b"])
        self.assertEqual(r.config_get("maxmemory")["maxmemory"], "0")
        self.assertEqual(len(r.time()), 2)

    def test_many_threads_share_a_pool(self):
        import threading

        r = connect()
        r.flushall()
        threads = [
            threading.Thread(target=lambda: [r.incr("counter") for _ in range(200)]) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(r.get("counter"), "1600")


class Asynchronous(unittest.TestCase):
    def test_pipelines_transactions_and_scans(self):
        async def work(protocol):
            more = {} if protocol is None else {"protocol": protocol}
            r = redis.asyncio.Redis(host=HOST, port=int(PORT), decode_responses=True, **more)
            await r.flushall()
            await asyncio.gather(*(r.set(f"k{i}", i) for i in range(100)))
            async with r.pipeline(transaction=True) as pipe:
                self.assertEqual(await pipe.get("k1").incr("k2").execute(), ["1", 3])
            self.assertEqual(len({key async for key in r.scan_iter("k*", count=7)}), 100)
            await r.aclose()

        for protocol in PROTOCOLS:
            with self.subTest(protocol=protocol):
                asyncio.run(work(protocol))


if __name__ == "__main__":
    unittest.main()
