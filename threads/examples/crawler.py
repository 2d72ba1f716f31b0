"""A crawler over a folder of linked pages: python3 crawler.py FOLDER [THREADS [SECONDS]]. crawler.rs is the same in Rust."""

import pathlib
import queue
import re
import sys
import threading

OPEN = 4


class Crawler:
    def __init__(self, folder):
        self.folder = folder
        self.pages = queue.Queue()
        self.open = threading.Semaphore(OPEN)
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.seen = set()
        self.read = 0
        self.missing = []

    def visit(self, page):
        with self.lock:
            if page in self.seen:
                return
            self.seen.add(page)
        self.pages.put(page)

    def work(self):
        while True:
            page = self.pages.get()
            try:
                if page is None:
                    return
                if self.stopped.is_set():
                    continue
                with self.open:
                    text = (self.folder / page).read_text()
                for link in re.findall(r'href="([^"]*)"', text):
                    if "://" not in link and ".." not in link:
                        self.visit(link)
                with self.lock:
                    self.read += 1
            except OSError:
                with self.lock:
                    self.missing.append(page)
            finally:
                self.pages.task_done()


def main():
    folder = pathlib.Path(sys.argv[1])
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 60.0
    crawler = Crawler(folder)
    crawler.visit("index.html")
    workers = [threading.Thread(target=crawler.work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    timer = threading.Timer(seconds, crawler.stopped.set)
    timer.start()
    try:
        # queue.Queue.join has no timeout, so Ctrl-C is heard between two looks.
        while crawler.pages.unfinished_tasks and not crawler.stopped.wait(0.01):
            pass
    except KeyboardInterrupt:
        crawler.stopped.set()
    timer.cancel()
    for _ in workers:
        crawler.pages.put(None)
    for worker in workers:
        worker.join()
    how = "stopped after" if crawler.stopped.is_set() else "done:"
    print(f"{how} {crawler.read} pages, {len(crawler.missing)} missing")


main()
