#!/usr/bin/env python3
"""A TCP proxy that misbehaves on command. Prints its port, then reads one JSON command a line from stdin.

    proxy.py HOST PORT
      {"delay_ms": N}      bytes reach the other end N ms late, in order
      {"silent": true}     half-open: connections that stand are never served again and never closed; new
                           ones work. Bytes that come are swallowed
      {"partition": true}  nothing passes and nobody is told; what waits passes when it is false again
      {"reset": true}      RST on every connection
      {"stall": N}         each connection passes N more bytes in each direction, then stands still, in the
                           middle of whatever frame that is, until {"stall": null}
      {"refuse": true}     new connections are reset
      {"counts": true}     answers {"accepted", "reset", "swallowed", "passed"}
Loopback and test namespaces only; at most CONNECTIONS_MAX connections, CHUNK bytes held for each.
"""
import asyncio
import json
import socket
import struct
import sys

CHUNK = 16 * 1024
CONNECTIONS_MAX = 200


class Proxy:
    def __init__(self, host, port):
        self.host, self.port = host, port
        self.links = set()
        self.delay = 0.0
        self.refuse = False
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.counts = {"accepted": 0, "reset": 0, "swallowed": 0, "passed": 0}

    async def accept(self, reader, writer):
        self.counts["accepted"] += 1
        if self.refuse or len(self.links) >= CONNECTIONS_MAX:
            return abort(writer)
        link = Link(self, reader, writer)
        self.links.add(link)
        try:
            await link.run()
        finally:
            self.links.discard(link)

    def command(self, order):
        if "delay_ms" in order:
            self.delay = order["delay_ms"] / 1000
        if "refuse" in order:
            self.refuse = order["refuse"]
        if "partition" in order:
            (self.flowing.clear if order["partition"] else self.flowing.set)()
        if order.get("silent"):
            for link in self.links:
                link.silent = True
        if "stall" in order:
            for link in self.links:
                link.allow(order["stall"])
        if order.get("reset"):
            for link in list(self.links):
                self.counts["reset"] += 1
                link.reset()
        if order.get("counts"):
            print(json.dumps(self.counts), flush=True)


def abort(writer):
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Link:
    def __init__(self, proxy, reader, writer):
        self.proxy, self.near = proxy, (reader, writer)
        self.far = None
        self.silent = False
        self.budget = [None, None]  # bytes that may still pass in each direction; None = any number
        self.refilled = asyncio.Event()
        self.writers = [writer]

    def allow(self, count):
        self.budget = [count, count]
        self.refilled.set()
        self.refilled = asyncio.Event()

    def reset(self):
        for writer in self.writers:
            abort(writer)

    async def run(self):
        try:
            self.far = await asyncio.open_connection(self.proxy.host, self.proxy.port, limit=CHUNK)
        except OSError:
            return abort(self.near[1])
        self.writers.append(self.far[1])
        try:
            await asyncio.gather(self.pump(self.near[0], self.far[1], 0),
                                 self.pump(self.far[0], self.near[1], 1))
        except (OSError, asyncio.IncompleteReadError):
            self.reset()
        finally:
            for writer in self.writers:
                writer.close()

    async def pump(self, reader, writer, way):
        queue = asyncio.Queue(maxsize=64)
        await asyncio.gather(self.read(reader, queue), self.write(queue, writer, way))

    async def read(self, reader, queue):
        clock = asyncio.get_running_loop()
        while True:
            data = await reader.read(CHUNK)
            await queue.put((clock.time() + self.proxy.delay, data))
            if not data:
                return

    async def write(self, queue, writer, way):
        clock = asyncio.get_running_loop()
        while True:
            due, data = await queue.get()
            if due > clock.time():
                await asyncio.sleep(due - clock.time())
            await self.proxy.flowing.wait()
            if self.silent:
                self.proxy.counts["swallowed"] += len(data)
                if not data:
                    return  # the other end is not told either
                continue
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            while data:
                part = data if self.budget[way] is None else data[:self.budget[way]]
                if not part:
                    await self.refilled.wait()
                    continue
                if self.budget[way] is not None:
                    self.budget[way] -= len(part)
                writer.write(part)
                await writer.drain()
                self.proxy.counts["passed"] += len(part)
                data = data[len(part):]


async def main():
    proxy = Proxy(sys.argv[1], int(sys.argv[2]))
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0, limit=CHUNK)
    print(server.sockets[0].getsockname()[1], flush=True)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        proxy.command(json.loads(line))
    for link in list(proxy.links):
        link.reset()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
