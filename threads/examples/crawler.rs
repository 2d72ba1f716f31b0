//! A crawler over a folder of linked pages: `cargo run --release --example crawler [FOLDER] [--threads N] [--seconds S]`.
//! With `--make PAGES` it only makes such a site in the folder.
//!
//! It begins with `index.html` and follows links to other files of the folder. Without a folder it makes a site of its own, and
//! checks that it has found every page that can be reached. A queue has the pages to read, a semaphore bounds how many files are
//! open, a timer or Ctrl-C stops it, and a line shows how far it is. `crawler.py` is the same program in Python.

use sixfold::{Event, Lock, Semaphore};
use sixfold_threads::queue::Queue;
use sixfold_threads::thread::{Builder, Timer};
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io};

/// As many files are open at once.
const OPEN: usize = 4;

struct Crawler {
    folder: PathBuf,
    pages: Queue<String>,
    open: Semaphore,
    stop: Event,
    found: Lock<Found>,
}

#[derive(Default)]
struct Found {
    seen: BTreeSet<String>,
    read: usize,
    missing: Vec<String>,
}

impl Crawler {
    fn new(folder: PathBuf) -> Self {
        Self { folder, pages: Queue::new(), open: Semaphore::new(OPEN), stop: Event::new(), found: Lock::default() }
    }

    /// Queues a page that nobody has seen before.
    fn visit(&self, page: &str) {
        if self.found.hold().seen.insert(page.to_owned()) {
            // After a stop nobody is there to read it.
            _ = self.pages.put(page.to_owned());
        }
    }

    /// Reads pages until the queue is shut down.
    fn work(&self) {
        for page in &self.pages {
            let text = {
                let _slot = self.open.hold();
                fs::read_to_string(self.folder.join(&page))
            };
            match text {
                Ok(text) => {
                    links(&text).for_each(|link| self.visit(link));
                    self.found.hold().read += 1;
                }
                Err(_) => self.found.hold().missing.push(page),
            }
            self.pages.task_done().expect("it was put");
        }
    }

    fn stop(&self) {
        self.stop.set();
        // Whoever waits for a page ends, and what nobody has begun is dropped.
        self.pages.shutdown(true);
    }

    /// Shows how far it is until all is done or it is stopped.
    fn watch(&self) {
        let shows = io::stderr().is_terminal();
        while !self.pages.join_timeout(Duration::from_millis(100)) && !self.stop.is_set() {
            if shows {
                let found = self.found.hold();
                eprint!("\r{} of {} pages", found.read, found.seen.len());
            }
        }
        if shows {
            eprint!("\r\x1b[K");
        }
    }
}

/// The names of files that a page links to.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    targets.filter(|target| !target.contains("://") && !target.contains(".."))
}

fn crawl(folder: PathBuf, threads: usize, limit: Duration) -> io::Result<Arc<Crawler>> {
    let crawler = Arc::new(Crawler::new(folder));
    crawler.visit("index.html");
    let workers = (0..threads).map(|n| {
        let crawler = crawler.clone();
        Builder::new().name(format!("crawler-{n}")).spawn(move || crawler.work())
    });
    let workers = workers.collect::<io::Result<Vec<_>>>()?;
    let timer = Timer::start(limit, {
        let crawler = crawler.clone();
        move || crawler.stop()
    });
    ctrlc::set_handler({
        let crawler = crawler.clone();
        move || crawler.stop()
    })
    .map_err(io::Error::other)?;

    crawler.watch();
    timer.cancel();
    crawler.pages.shutdown(true);
    for worker in workers {
        worker.join().expect("a worker does not panic");
    }
    Ok(crawler)
}

/// A site of so many pages, each linked from one or more before it, and one link that leads nowhere.
fn make_site(folder: &Path, pages: usize) -> io::Result<()> {
    let name = |n: usize| if n == 0 { "index.html".to_owned() } else { format!("page_{n}.html") };
    for n in 0..pages {
        let mut page = fs::File::create(folder.join(name(n)))?;
        for next in [2 * n + 1, 2 * n + 2, n / 2].into_iter().filter(|&next| next < pages) {
            writeln!(page, "<a href=\"{}\">next</a> <a href=\"https://example.org/\">away</a>", name(next))?;
        }
        if n + 1 == pages {
            writeln!(page, "<a href=\"missing.html\">nowhere</a>")?;
        }
    }
    Ok(())
}

fn main() -> io::Result<ExitCode> {
    let (mut folder, mut threads, mut seconds, mut made) = (None, 8, 60, None);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse().ok()).ok_or("needs a number");
        match &*argument {
            "--threads" => threads = number().map_err(io::Error::other)?,
            "--seconds" => seconds = number().map_err(io::Error::other)? as u64,
            "--make" => made = Some(number().map_err(io::Error::other)?),
            _ => folder = Some(PathBuf::from(argument)),
        }
    }
    if let (Some(folder), Some(pages)) = (&folder, made) {
        fs::create_dir_all(folder)?;
        make_site(folder, pages)?;
        return Ok(ExitCode::SUCCESS);
    }
    const PAGES: usize = 500;
    let is_own = folder.is_none();
    let folder = match folder {
        Some(folder) => folder,
        None => {
            let folder = env::temp_dir().join(format!("sixfold-crawler-{}", std::process::id()));
            fs::create_dir_all(&folder)?;
            make_site(&folder, PAGES)?;
            folder
        }
    };
    let crawler = crawl(folder.clone(), threads.max(1), Duration::from_secs(seconds));
    if is_own {
        fs::remove_dir_all(&folder)?;
    }
    let crawler = crawler?;
    let found = crawler.found.hold();
    let how = if crawler.stop.is_set() { "stopped after" } else { "done:" };
    println!("{how} {} pages, {} missing", found.read, found.missing.len());
    let is_whole = (found.read, found.missing.len()) == (PAGES, 1);
    Ok(if is_own && !crawler.stop.is_set() && !is_whole { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
