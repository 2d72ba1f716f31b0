//! A pool of connections to a server on this machine: `cargo run --release --example pool`.
//!
//! Four threads make single requests, and one makes batches that need three connections at once. The pool owns the
//! connections and their permits; a connection that is dropped, also by a failure, goes back. At the end the pool waits for
//! all of them and closes, which ends the server's threads.

mod pool;

use pool::{Checkout, Pool};
use sixfold::{Barrier, Lock, LockGuard, MappedLockGuard};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

const CONNECTIONS: usize = 4;
const REQUESTS: usize = 25;
const BATCHES: usize = 10;

/// A connection, with what was read ahead.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn ask(&mut self, number: usize) -> io::Result<usize> {
        writeln!(self.0.get_mut(), "{number}")?;
        let mut answer = String::new();
        self.0.read_line(&mut answer)?;
        answer.trim().parse().map_err(io::Error::other)
    }
}

#[derive(Default)]
struct Counts {
    requests: usize,
    batches: usize,
}

/// What the threads count. Each gets at its own part.
#[derive(Default)]
struct Report(Lock<Counts>);

impl Report {
    fn requests(&self) -> MappedLockGuard<'_, usize> {
        LockGuard::map(self.0.hold(), |counts| &mut counts.requests)
    }

    fn batches(&self) -> MappedLockGuard<'_, usize> {
        LockGuard::map(self.0.hold(), |counts| &mut counts.batches)
    }
}

/// Answers each line with its number doubled, until the other side closes.
fn serve(stream: TcpStream) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut stream = stream;
    while let Some(line) = lines.next().transpose()? {
        let number: usize = line.parse().map_err(io::Error::other)?;
        writeln!(stream, "{}", 2 * number)?;
    }
    Ok(())
}

fn ask_once(connection: &mut Checkout<Connection>, number: usize) -> io::Result<()> {
    let answer = connection.ask(number)?;
    if answer == 2 * number { Ok(()) } else { Err(io::Error::other("a wrong answer")) }
}

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || -> io::Result<()> {
        let connections: Vec<_> = (0..CONNECTIONS)
            .map(|_| listener.accept().map(|(stream, _)| thread::spawn(move || serve(stream))))
            .collect::<io::Result<_>>()?;
        connections.into_iter().try_for_each(|connection| connection.join().expect("it does not panic"))
    });
    let connect = |_| TcpStream::connect(address).map(|stream| Connection(BufReader::new(stream)));
    let pool = Pool::new((0..CONNECTIONS).map(connect).collect::<io::Result<Vec<_>>>()?);

    let report = Report::default();
    let start = Barrier::new(5);
    let closed = || io::Error::other("the pool is closed");
    thread::scope(|scope| -> io::Result<()> {
        let single = |_| {
            scope.spawn(|| -> io::Result<()> {
                start.wait().map_err(io::Error::other)?;
                for number in 0..REQUESTS {
                    ask_once(&mut pool.take().ok_or_else(closed)?, number)?;
                    *report.requests() += 1;
                }
                Ok(())
            })
        };
        let mut threads: Vec<_> = (0..4).map(single).collect();
        threads.push(scope.spawn(|| {
            start.wait().map_err(io::Error::other)?;
            for number in 0..BATCHES {
                let mut batch = pool.take_many(3).ok_or_else(closed)?;
                batch.iter_mut().try_for_each(|connection| ask_once(connection, number))?;
                *report.requests() += batch.len();
                *report.batches() += 1;
            }
            Ok(())
        }));
        threads.into_iter().try_for_each(|thread| thread.join().expect("it does not panic"))
    })?;

    let connections = pool.close();
    assert!(pool.take().is_none(), "it is closed");
    // Not `report.requests()` beside `report.batches()`: the second would wait for the first, which lives as long as the statement.
    let Counts { requests, batches } = report.0.into_inner();
    println!("{requests} requests, {batches} batches of 3, {} connections", connections.len());
    drop(connections);
    server.join().expect("it does not panic")?;
    println!("the server has ended");
    Ok(())
}
