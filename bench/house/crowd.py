"""Five hundred browsers with a board open, as far as a server can tell: a process of its own.

Started as ``python -m bench.house.crowd PORT BOARDS AREAS``. Each board keeps one connection, asks as
``live.js`` does, and notes when it had which version. A line "open" says that all are; a line on stdin ends
it, and the notes are printed as JSON: for each board which batch it had, since when (seconds, monotonic), and
the status it was told with: 304 if the page is the same with it.
"""

import asyncio
import json
import sys
import time

APART = 0.7  # seconds from one question to the next, at least; as live.js has it


async def crowd(port: int, n: int, areas: list[str]) -> dict[str, object]:
    """Open the boards, wait for the end, and tell what they saw."""
    seen: list[list[tuple[int, float, int]]] = [[] for _ in range(n)]
    tally = {"answers": 0, "bytes": 0, "lost": 0}
    are_open = asyncio.Semaphore(0)
    boards = [
        asyncio.create_task(_board(port, i, areas[i % len(areas)], seen[i], tally, are_open))
        for i in range(n)
    ]
    opening = asyncio.create_task(_all_of(are_open, n))
    ended, _ = await asyncio.wait([opening, *boards], return_when=asyncio.FIRST_COMPLETED)
    ended.pop().result()  # a board ends only by what went wrong, which is raised here
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for board in boards:
        board.cancel()
    await asyncio.gather(*boards, return_exceptions=True)
    return {"seen": seen, **tally}


async def _all_of(are_open: asyncio.Semaphore, n: int) -> None:
    for _ in range(n):
        await are_open.acquire()


async def _board(port: int, i: int, area: str, seen: list, tally: dict, are_open: asyncio.Semaphore) -> None:
    etag = ""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:
        begun = time.monotonic()
        asked = (
            f"GET /?area={area}&part=live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: board={i}\r\n"
            f"Accept-Encoding: gzip\r\nHX-Request: true\r\nIf-None-Match: {etag}\r\n\r\n"
        )
        writer.write(asked.encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1")
        said = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if line)
        status = int(head[9:12])
        length = int(said.get("content-length", 0)) if status != 304 else 0
        await reader.readexactly(length)
        tally["answers"] += 1
        tally["bytes"] += len(head) + length
        tally["lost"] += status not in (200, 304)
        etag = said.get("etag", etag)
        lsn = int(said.get("board-version", "").partition(".")[0] or 0)  # "" before the first beat
        if not seen:
            are_open.release()
        if not seen or lsn != seen[-1][0]:
            seen.append((lsn, time.monotonic(), status))
        await asyncio.sleep(max(0.0, APART - (time.monotonic() - begun)))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(crowd(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split(",")))))
