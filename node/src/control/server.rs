//! The daemon's side of the local socket: reads requests line by line and hands them to the core.
//!
//! The socket belongs to the owner of the home folder (mode 0600). What comes over it is hostile all the same: lines are
//! bounded, and what does not parse gets an answer and closes that connection only.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::protocol::{Call, LINE_BYTES_MAX, Refusal, Reply, Request, VERSION};

/// Connections served at once: every command of a few people at one machine, and a bulk import beside them.
const CONNECTIONS_MAX: usize = 64;

/// How long answers that are under way may take when the daemon ends. They are short, and go to this machine.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// The answers that are under way: what the core has said is to reach who asked, though the daemon ends.
pub struct Answering {
    open: mpsc::Sender<()>,
    none_left: mpsc::Receiver<()>,
}

impl Answering {
    /// No answer is under way.
    pub fn new() -> Self {
        let (open, none_left) = mpsc::channel(1);
        Self { open, none_left }
    }

    /// Waits until the last answers are written, for two seconds at most. Nothing is asked any more.
    pub async fn end(self) {
        let Self { open, mut none_left } = self;
        drop(open);
        // Nothing is ever sent: it ends when the last answer has let go, or the time is over.
        let _ = tokio::time::timeout(LAST_ANSWERS, none_left.recv()).await;
    }

    /// What a conversation takes hold of for the time of an answer.
    pub fn hold(&self) -> mpsc::WeakSender<()> {
        self.open.downgrade()
    }
}

/// A request on its way to the core, with the way back.
pub struct Asked {
    /// What is asked.
    pub request: Request,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Reply>,
}

/// Binds the socket. A socket left by a daemon that was killed is replaced: the store's lock, taken before, shows that
/// no other daemon runs on this home.
///
/// # Errors
/// When the path cannot be bound.
pub fn bind(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Accepts connections until the daemon ends.
pub async fn serve(listener: UnixListener, core: mpsc::Sender<Asked>, answering: mpsc::WeakSender<()>) {
    let places = std::sync::Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = std::sync::Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (core, answering) = (core.clone(), answering.clone());
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, core, answering).await {
                        tracing::debug!(%error, "a command went away");
                    }
                    drop(place);
                });
            }
            Err(error) => tracing::warn!(%error, "cannot accept a command"),
        }
    }
}

async fn converse(
    stream: UnixStream,
    core: mpsc::Sender<Asked>,
    answering: mpsc::WeakSender<()>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = Vec::new();
        let limit = LINE_BYTES_MAX as u64 + 1;
        let length = (&mut read).take(limit).read_until(b'\n', &mut line).await?;
        if length == 0 {
            return Ok(());
        }
        let Some(_answer) = answering.upgrade() else {
            return Ok(());
        };
        let whole = line.last() == Some(&b'\n');
        let parsed = if whole {
            parse(&line)
        } else {
            Err(unreadable("a line that is too long or cut short"))
        };
        let (reply, goes_on) = match parsed {
            Ok(request) => match ask(&core, request).await {
                Some(reply) => (reply, true),
                // The core is gone. No answer says that truthfully: only the command knows whether it had stored.
                None => return Ok(()),
            },
            Err(refusal) => (Reply::Refused(refusal), false),
        };
        let mut bytes = serde_json::to_vec(&reply).map_err(std::io::Error::other)?;
        bytes.push(b'\n');
        write.write_all(&bytes).await?;
        write.flush().await?;
        if !goes_on {
            return Ok(());
        }
    }
}

fn parse(line: &[u8]) -> Result<Request, Refusal> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: u32,
    }
    // The version first: the requests of another version need not parse here.
    let versioned: Versioned = serde_json::from_slice(line).map_err(|e| unreadable(&e.to_string()))?;
    if versioned.version != VERSION {
        return Err(Refusal::OtherVersion { daemon: VERSION });
    }
    let call: Call = serde_json::from_slice(line).map_err(|e| unreadable(&e.to_string()))?;
    Ok(call.request)
}

fn unreadable(what: &str) -> Refusal {
    Refusal::BadRequest {
        what: what.to_owned(),
    }
}

async fn ask(core: &mpsc::Sender<Asked>, request: Request) -> Option<Reply> {
    let (reply, answer) = oneshot::channel();
    core.send(Asked { request, reply }).await.ok()?;
    answer.await.ok()
}
