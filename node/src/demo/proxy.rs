//! A link between two nodes that can be cut and that counts what it carries: a TCP proxy in user space.
//!
//! A cut link closes its connections and accepts and closes new ones, as a dead line behind a living modem does;
//! the nodes notice, go on alone, and dial again.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error::DemoError;

/// Bytes that are carried at a time.
const BUFFER_BYTES: usize = 64 << 10;
/// How long a connection to the target may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Connections that a link carries at a time: two nodes need one or two.
const CONNECTIONS_MAX: usize = 64;

#[derive(Debug, Default)]
struct State {
    target: Option<SocketAddr>,
    open: Vec<(u64, TcpStream)>,
    first: Option<Instant>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    cut: AtomicBool,
    ended: AtomicBool,
    connections: AtomicU64,
    bytes: AtomicU64,
}

impl Shared {
    /// The state; a carrier that panicked has not left it half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A link that can be cut. Dropping it ends it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Listens on a free port of the loopback; where the link leads is said later.
    ///
    /// # Errors
    /// When the system gives no port.
    pub fn open() -> Result<Self, DemoError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(DemoError::io("a link's port"))?;
        let address = listener.local_addr().map_err(DemoError::io("a link's port"))?;
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || accept(&listener, &accepting));
        Ok(Self { address, shared })
    }

    /// Where a node dials to reach the other end.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says where the link leads: a restarted node has another port.
    pub fn lead_to(&self, target: SocketAddr) {
        self.shared.state().target = Some(target);
    }

    /// When the first connection came, if one has.
    pub fn first_connection(&self) -> Option<Instant> {
        self.shared.state().first
    }

    /// From now on the next connection counts as the first.
    pub fn forget_first_connection(&self) {
        self.shared.state().first = None;
    }

    /// Bytes carried so far, both ways, with all that encryption and multiplexing add.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::SeqCst)
    }

    /// Cuts the link.
    pub fn cut(&self) {
        self.shared.cut.store(true, Ordering::SeqCst);
        close_all(&mut self.shared.state());
    }

    /// Mends the link.
    pub fn mend(&self) {
        self.shared.cut.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        close_all(&mut self.shared.state());
        // Wakes the thread that accepts, so that it sees the end.
        let _ = TcpStream::connect_timeout(&self.address, CONNECT_TIMEOUT);
    }
}

fn close_all(state: &mut State) {
    for (_, stream) in state.open.drain(..) {
        // Fails only for a connection that is closed already.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for incoming in listener.incoming() {
        if shared.ended.load(Ordering::SeqCst) {
            return;
        }
        // What cannot be accepted or carried is dropped, which closes it: the node dials again.
        if let Ok(incoming) = incoming {
            let shared = Arc::clone(shared);
            std::thread::spawn(move || {
                let _ = carry(incoming, &shared);
            });
        }
    }
}

fn carry(incoming: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let came = Instant::now();
    let target = shared.state().target.ok_or(io::ErrorKind::NotConnected)?;
    if shared.cut.load(Ordering::SeqCst) {
        return Ok(());
    }
    let outgoing = TcpStream::connect_timeout(&target, CONNECT_TIMEOUT)?;
    for stream in [&incoming, &outgoing] {
        stream.set_nodelay(true)?;
    }
    let number = shared.connections.fetch_add(1, Ordering::SeqCst);
    {
        let mut state = shared.state();
        // Looked at under the lock: a cut either sees this connection in the list or is seen here.
        let closed = shared.cut.load(Ordering::SeqCst) || shared.ended.load(Ordering::SeqCst);
        if closed || state.open.len() >= CONNECTIONS_MAX {
            return Ok(());
        }
        state.first.get_or_insert(came);
        state.open.push((number, incoming.try_clone()?));
        state.open.push((number, outgoing.try_clone()?));
    }
    let (back_from, back_to) = (outgoing.try_clone()?, incoming.try_clone()?);
    let counting = Arc::clone(shared);
    let back = std::thread::spawn(move || copy(back_from, back_to, &counting.bytes));
    copy(incoming, outgoing, &shared.bytes);
    // A carrier that panicked has dropped its streams.
    let _ = back.join();
    shared.state().open.retain(|(open, _)| *open != number);
    Ok(())
}

/// Carries bytes one way until one end closes, then closes both.
fn copy(mut from: TcpStream, mut to: TcpStream, counted: &AtomicU64) {
    let mut buffer = vec![0; BUFFER_BYTES];
    while let Ok(read) = from.read(&mut buffer) {
        counted.fetch_add(read as u64, Ordering::SeqCst);
        let carried = buffer.get(..read).filter(|bytes| !bytes.is_empty());
        if carried.is_none_or(|bytes| to.write_all(bytes).is_err()) {
            break;
        }
    }
    for stream in [from, to] {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that gives every byte back.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                std::thread::spawn(move || copy(stream.try_clone().unwrap(), stream, &AtomicU64::new(0)));
            }
        });
        address
    }

    fn answers(stream: &mut TcpStream) -> bool {
        let mut byte = [0];
        stream.write_all(b"x").is_ok() && stream.read_exact(&mut byte).is_ok() && byte == *b"x"
    }

    #[test]
    fn a_cut_link_carries_nothing_and_a_mended_one_does_again() {
        let proxy = Proxy::open().unwrap();
        proxy.lead_to(echo());
        let mut before = TcpStream::connect(proxy.address()).unwrap();
        assert!(answers(&mut before));
        assert_eq!(proxy.bytes(), 2, "one there, one back");
        proxy.cut();
        assert!(!answers(&mut before), "an old connection");
        assert!(
            !TcpStream::connect(proxy.address()).is_ok_and(|mut s| answers(&mut s)),
            "a new connection"
        );
        proxy.mend();
        assert!(answers(&mut TcpStream::connect(proxy.address()).unwrap()));
        proxy.lead_to(echo());
        assert!(answers(&mut TcpStream::connect(proxy.address()).unwrap()));
    }

    #[test]
    fn a_link_that_leads_nowhere_is_closed() {
        let proxy = Proxy::open().unwrap();
        assert!(!answers(&mut TcpStream::connect(proxy.address()).unwrap()));
    }
}
