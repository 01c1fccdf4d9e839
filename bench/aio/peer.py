import asyncio, json, sys, threading, time, tracemalloc

OPS = int(sys.argv[1])
now = time.perf_counter_ns


async def yields(tasks):
    turns = max(OPS // tasks, 1)

    async def spin(n):
        for _ in range(n):
            await asyncio.sleep(0)

    others = [asyncio.create_task(spin(turns + 1)) for _ in range(tasks - 1)]
    await asyncio.sleep(0)
    t = now()
    await spin(turns)
    ns = (now() - t) / (turns * tasks)
    await asyncio.gather(*others)
    return ns


async def queue():
    q = asyncio.Queue(1)

    async def put():
        for i in range(OPS):
            await q.put(i)

    p = asyncio.create_task(put())
    t = now()
    for _ in range(OPS):
        await q.get()
    ns = (now() - t) / OPS
    await p
    return ns


async def request():
    a, b = asyncio.Queue(1), asyncio.Queue(1)

    async def serve():
        for _ in range(OPS):
            await b.put(await a.get())

    p = asyncio.create_task(serve())
    t = now()
    for i in range(OPS):
        await a.put(i)
        await b.get()
    ns = (now() - t) / OPS
    await p
    return ns


async def future():
    loop = asyncio.get_running_loop()
    t = now()
    for _ in range(OPS):
        f = loop.create_future()
        loop.call_soon(f.set_result, 1)
        await f
    return (now() - t) / OPS


async def spawn():
    async def child():
        pass

    t = now()
    for _ in range(OPS):
        await asyncio.create_task(child())
    return (now() - t) / OPS


async def spawn100():
    async def child():
        pass

    rounds = max(OPS // 100, 1)
    t = now()
    for _ in range(rounds):
        for x in [asyncio.create_task(child()) for _ in range(100)]:
            await x
    return (now() - t) / (rounds * 100)


async def timer():
    loop = asyncio.get_running_loop()
    t = now()
    for _ in range(OPS):
        loop.call_later(1000, int).cancel()
    return (now() - t) / OPS


async def post():
    loop, end, n = asyncio.get_running_loop(), asyncio.Event(), 0

    def seen():
        nonlocal n
        n += 1
        if n == OPS:
            end.set()

    def burst():
        for _ in range(OPS):
            loop.call_soon_threadsafe(seen)

    t = now()
    th = threading.Thread(target=burst)
    th.start()
    await end.wait()
    ns = (now() - t) / OPS
    th.join()
    return ns


async def parked():
    gate = asyncio.Event()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    ts = [asyncio.create_task(gate.wait()) for _ in range(OPS)]
    await asyncio.sleep(0)
    size = (tracemalloc.get_traced_memory()[0] - before) / OPS
    tracemalloc.stop()
    gate.set()
    await asyncio.gather(*ts)
    return size


async def main():
    out = {"yield%s" % k: await yields(n) for k, n in (("1", 1), ("2", 2), ("100", 100), ("10k", 10000))}
    for f in (queue, request, future, spawn, spawn100, timer, post, parked):
        out[f.__name__] = await f()
    print(json.dumps(out))


if sys.argv[2] == "uvloop":
    import uvloop

    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
asyncio.run(main())
