"""Send the requests read from standard input at one moment; print their answers.

A process of its own and of the standard library alone: several of them stand for several phones.
"""

import http.client
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor


def main() -> None:
    work = json.load(sys.stdin)
    ready = threading.Barrier(len(work["requests"]))

    def send(request: dict) -> list:
        link = http.client.HTTPConnection(work["host"], work["port"], timeout=60)
        link.connect()
        ready.wait()
        # The same moment for every process.
        time.sleep(max(work["at"] - time.time(), 0))
        path = request.get("path", "/sync/visits/")
        link.request("POST", path, request["body"], request["headers"])
        response = link.getresponse()
        return [response.status, response.read().decode()]

    with ThreadPoolExecutor(len(work["requests"])) as pool:
        json.dump(list(pool.map(send, work["requests"])), sys.stdout)


if __name__ == "__main__":
    main()
